import type { StopReason } from '@agentclientprotocol/sdk';

/** What a scripted agent does, in order. The last step of a turn may say how the turn ends. */
export type AgentStep =
  | { readonly write: string; readonly content: string }
  | { readonly remove: string }
  /** A command in the workspace, with the agent's own environment. */
  | { readonly run: string[] }
  /** Through ACP: asks the bridge to do it, which refuses. */
  | { readonly acpRead: string }
  | { readonly acpWrite: string; readonly content: string }
  | { readonly say: string }
  | { readonly tool: string; readonly input?: unknown }
  /** Through `_smol/ask`. */
  | {
      readonly ask: {
        readonly question: string;
        readonly options?: string[];
        readonly default?: string;
        readonly timeoutMs?: number;
      };
    }
  /** All at the same time. */
  | {
      readonly askAll: {
        readonly question: string;
        readonly default?: string;
        readonly timeoutMs?: number;
      }[];
    }
  /** Through ACP's elicitation. */
  | { readonly elicit: string; readonly options: string[]; readonly default: string }
  /** Asks whether a tool may touch this path. */
  | { readonly permission: string }
  /** Calls the model at this path. */
  | { readonly model: string; readonly stream?: boolean }
  /** Notes its environment, what the bridge offers, and with `true` every command line on the machine. */
  | { readonly look: boolean }
  | { readonly leave: 'process' }
  | { readonly crash: number; readonly says?: string }
  /** Until it is cancelled or killed. */
  | { readonly hang: true }
  | { readonly stop: StopReason };

export type AgentScript = { readonly turns: AgentStep[][] };
