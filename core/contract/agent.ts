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
