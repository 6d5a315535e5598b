import type { StopReason } from '@agentclientprotocol/sdk';

/** What a scripted agent does, in order. The last step of a turn may say how the turn ends. */
export type Step =
  | { write: string; content: string }
  | { remove: string }
  /** A command in the workspace, with the agent's own environment. */
  | { run: string[] }
  /** Through ACP: asks the bridge to do it, which refuses. */
  | { acpRead: string }
  | { acpWrite: string; content: string }
  | { say: string }
  | { tool: string; input?: unknown }
  /** Through `_smol/ask`. */
  | { ask: { question: string; options?: string[]; default?: string; timeoutMs?: number } }
  /** All at the same time. */
  | { askAll: { question: string; default?: string; timeoutMs?: number }[] }
  /** Through ACP's elicitation. */
  | { elicit: string; options: string[]; default: string }
  /** Asks whether a tool may touch this path. */
  | { permission: string }
  /** Calls the model at this path. */
  | { model: string; stream?: boolean }
  /** Notes its environment, what the bridge offers, and with `true` every command line on the machine. */
  | { look: boolean }
  | { leave: 'process' }
  | { crash: number; says?: string }
  /** Until it is cancelled or killed. */
  | { hang: true }
  | { stop: StopReason };

export type AgentScript = { turns: Step[][] };
