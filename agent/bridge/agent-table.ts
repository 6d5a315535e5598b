import { fileURLToPath } from 'node:url';
import { type AgentName, agentNameSchema } from '../../core/contract/agent.ts';

// The agents that can do the work: any program that speaks ACP over its standard streams. What it takes to point each at the
// model proxy is data.

export type AgentEndpoint = {
  /** The proxy, without a path. */
  url: string;
  bearer: string;
  model: string;
};

export type AgentRow = {
  command: readonly string[];
  env: (endpoint: AgentEndpoint) => Record<string, string>;
  /** The version that was seen to work, or `untested`. */
  tested: string;
  /** ACP `authenticate` with this method before the session. */
  authenticate?: string;
  /** ACP `session/set_mode` to this after the session is made. */
  mode?: string;
};

const SMALL = fileURLToPath(new URL('../small/main.ts', import.meta.url));

export const AGENTS: Record<AgentName, AgentRow> = {
  small: {
    command: [process.execPath, SMALL],
    env: openAiEnvironment,
    tested: 'built in',
  },
  opencode: {
    command: ['opencode', 'acp'],
    env: (endpoint) => ({ OPENCODE_CONFIG_CONTENT: openCodeConfig(endpoint) }),
    tested: 'opencode-ai 1.18.33',
  },
  'qwen-code': {
    command: ['qwen', '--acp'],
    env: openAiEnvironment,
    tested: '@qwen-code/qwen-code 0.24.4',
    mode: 'yolo',
  },
  claude: {
    command: ['claude-agent-acp'],
    env: ({ url, bearer, model }) => ({
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: bearer,
      ANTHROPIC_MODEL: model,
      // It refuses to run as root outside a sandbox, which an attempt is.
      IS_SANDBOX: '1',
    }),
    tested: '@agentclientprotocol/claude-agent-acp 0.101.0',
  },
  codex: {
    command: ['codex-acp'],
    env: (endpoint) => ({
      CODEX_CONFIG: codexConfig(endpoint),
      OPENAI_API_KEY: endpoint.bearer,
      CODEX_API_KEY: endpoint.bearer,
      INITIAL_AGENT_MODE: 'agent-full-access',
    }),
    tested: '@agentclientprotocol/codex-acp 2.6.0',
    authenticate: 'api-key',
  },
  gemini: {
    command: ['gemini', '--acp'],
    env: ({ url, bearer, model }) => ({
      GOOGLE_GEMINI_BASE_URL: url,
      GEMINI_API_KEY: bearer,
      GEMINI_MODEL: model,
    }),
    tested: 'untested',
  },
  'smol-agent': {
    command: ['smol-agent', '--acp', '--auto-approve'],
    env: ({ url, bearer, model }) => ({
      SMOL_AGENT_PROVIDER: `${url}/v1`,
      SMOL_AGENT_API_KEY: bearer,
      SMOL_AGENT_MODEL: model,
    }),
    tested: 'untested',
  },
};

/** The row to run. `override` replaces the command line only. Undefined: there is no such agent. */
export function findAgent(
  name: string,
  override: readonly string[] | undefined,
): AgentRow | undefined {
  if (override) return { command: override, env: openAiEnvironment, tested: 'untested' };
  const known = agentNameSchema.safeParse(name);
  return known.success ? AGENTS[known.data] : undefined;
}

function openAiEnvironment({ url, bearer, model }: AgentEndpoint): Record<string, string> {
  return { OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: bearer, OPENAI_MODEL: model };
}

function openCodeConfig({ url, bearer, model }: AgentEndpoint): string {
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

function codexConfig({ url, model }: AgentEndpoint): string {
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
