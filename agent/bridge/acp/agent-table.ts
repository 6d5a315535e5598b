import { fileURLToPath } from 'node:url';
import type { AgentName } from '../../../core/contract/agent.ts';
import { AGENT_PROGRAMS, agentNameSchema } from '../../../core/contract/agent.ts';

// The known coding agents: programs that speak ACP over standard input and output. Environment variables direct each agent to the
// model proxy.

/** Address and key of the model proxy for an agent, and the model to use. */
export type AgentEndpoint = {
  /** Base URL without a path and without a trailing slash. */
  readonly url: string;
  /** Bearer token that the model proxy accepts. */
  readonly bearer: string;
  readonly model: string;
};

/** Command and settings of an agent. */
export type AgentDefinition = {
  /** Program and arguments. */
  readonly command: readonly string[];
  /** Returns the environment variables that make the agent use the endpoint. */
  readonly buildEnv: (endpoint: AgentEndpoint) => Record<string, string>;
  /** Newest package version that passed the agent tests; otherwise `built in` or `untested`. */
  readonly testedVersion: string;
  /** Method id for ACP `authenticate`, called before the session is created. Absent: no authentication. */
  readonly authMethodId?: string;
  /** Mode id for ACP `session/set_mode`, called after the session is created. Absent: the default mode. */
  readonly sessionMode?: string;
};

const SMALL_AGENT_MAIN = fileURLToPath(new URL('../../small/main.ts', import.meta.url));

/** Known agents, by the name that users configure. */
export const AGENT_TABLE: Record<AgentName, AgentDefinition> = {
  small: {
    command: [process.execPath, SMALL_AGENT_MAIN],
    buildEnv: buildOpenAiEnvironment,
    testedVersion: 'built in',
  },
  opencode: {
    command: [AGENT_PROGRAMS.opencode.program, 'acp'],
    buildEnv: (endpoint) => ({ OPENCODE_CONFIG_CONTENT: buildOpenCodeConfig(endpoint) }),
    testedVersion: 'opencode-ai 1.18.33',
  },
  'qwen-code': {
    command: [AGENT_PROGRAMS['qwen-code'].program, '--acp'],
    buildEnv: buildOpenAiEnvironment,
    testedVersion: '@qwen-code/qwen-code 0.24.4',
    sessionMode: 'yolo',
  },
  claude: {
    command: [AGENT_PROGRAMS.claude.program],
    buildEnv: ({ url, bearer, model }) => ({
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: bearer,
      ANTHROPIC_MODEL: model,
      // Claude refuses to run as root outside a sandbox; an attempt is a sandbox.
      IS_SANDBOX: '1',
    }),
    testedVersion: '@agentclientprotocol/claude-agent-acp 0.101.0',
  },
  codex: {
    command: [AGENT_PROGRAMS.codex.program],
    buildEnv: (endpoint) => ({
      CODEX_CONFIG: buildCodexConfig(endpoint),
      OPENAI_API_KEY: endpoint.bearer,
      CODEX_API_KEY: endpoint.bearer,
      INITIAL_AGENT_MODE: 'agent-full-access',
    }),
    testedVersion: '@agentclientprotocol/codex-acp 2.6.0',
    authMethodId: 'api-key',
  },
  gemini: {
    command: [AGENT_PROGRAMS.gemini.program, '--acp'],
    buildEnv: ({ url, bearer, model }) => ({
      GOOGLE_GEMINI_BASE_URL: url,
      GEMINI_API_KEY: bearer,
      GEMINI_MODEL: model,
    }),
    testedVersion: 'untested',
  },
  'smol-agent': {
    command: [AGENT_PROGRAMS['smol-agent'].program, '--acp', '--auto-approve'],
    buildEnv: ({ url, bearer, model }) => ({
      SMOL_AGENT_PROVIDER: `${url}/v1`,
      SMOL_AGENT_API_KEY: bearer,
      SMOL_AGENT_MODEL: model,
    }),
    testedVersion: 'untested',
  },
};

/**
 * Returns the definition of an agent, or undefined for an unknown name.
 *
 * @param commandOverride command line to use instead of the named agent; the program gets the endpoint in OPENAI_* variables
 */
export function findAgent(
  name: string,
  commandOverride: readonly string[] | undefined,
): AgentDefinition | undefined {
  if (commandOverride) {
    return {
      command: commandOverride,
      buildEnv: buildOpenAiEnvironment,
      testedVersion: 'untested',
    };
  }
  const known = agentNameSchema.safeParse(name);
  return known.success ? AGENT_TABLE[known.data] : undefined;
}

function buildOpenAiEnvironment({ url, bearer, model }: AgentEndpoint): Record<string, string> {
  return { OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: bearer, OPENAI_MODEL: model };
}

function buildOpenCodeConfig({ url, bearer, model }: AgentEndpoint): string {
  return JSON.stringify({
    model: `smol/${model}`,
    small_model: `smol/${model}`,
    autoupdate: false,
    share: 'disabled',
    provider: {
      smol: {
        npm: '@ai-sdk/openai-compatible',
        name: 'smol-gang',
        options: { baseURL: `${url}/v1`, apiKey: bearer },
        models: { [model]: { name: model } },
      },
    },
  });
}

function buildCodexConfig({ url, model }: AgentEndpoint): string {
  return JSON.stringify({
    model,
    model_provider: 'smol',
    model_providers: {
      smol: {
        name: 'smol-gang',
        base_url: `${url}/v1`,
        wire_api: 'responses',
        env_key: 'OPENAI_API_KEY',
      },
    },
  });
}
