import { z } from 'zod';

/** The coding agents that a plan may name: each has its command line in the bridge. */
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
  error: `is no agent that is known: ${AGENT_NAMES.join(', ')}`,
});
export type AgentName = z.infer<typeof agentNameSchema>;
