import { z } from 'zod';

/**
 * Coding agents that a plan may name; the bridge knows how to start each of them. `small` is the built-in agent, all others are
 * separate programs.
 */
export const AGENT_NAMES = [
  'small',
  'opencode',
  'qwen-code',
  'claude',
  'codex',
  'gemini',
  'smol-agent',
] as const;

export const agentNameSchema = z.enum(AGENT_NAMES, {
  error: `is not a known agent; use one of ${AGENT_NAMES.join(', ')}`,
});
/** Name of a coding agent. */
export type AgentName = z.infer<typeof agentNameSchema>;

/** Program of an agent, and how a person installs the program. */
export type AgentProgram = {
  /** Name of the program in PATH. */
  readonly program: string;
  /** Command that installs the program; absent if the agent tests name no version. */
  readonly install?: string;
};

/** Programs of the agents that are not built in. The versions passed the agent tests. */
export const AGENT_PROGRAMS: Readonly<Record<Exclude<AgentName, 'small'>, AgentProgram>> = {
  opencode: { program: 'opencode', install: 'npm i -g opencode-ai@1.18.33' },
  'qwen-code': { program: 'qwen', install: 'npm i -g @qwen-code/qwen-code@0.24.4' },
  claude: {
    program: 'claude-agent-acp',
    install: 'npm i -g @agentclientprotocol/claude-agent-acp@0.101.0',
  },
  codex: { program: 'codex-acp', install: 'npm i -g @agentclientprotocol/codex-acp@2.6.0' },
  gemini: { program: 'gemini' },
  'smol-agent': { program: 'smol-agent' },
};

/** Returns the sentence for people about an agent whose program is missing on the machine of the platform. */
export function describeMissingAgent(agent: Exclude<AgentName, 'small'>): string {
  const { program, install } = AGENT_PROGRAMS[agent];
  const remedy =
    install === undefined ? `install ${program}` : `install the program with: ${install}`;
  return `the agent ${agent} needs the program ${program}, which is not in the PATH of attempts; ${remedy}, or add its folder to LAUNCHER_PATH`;
}
