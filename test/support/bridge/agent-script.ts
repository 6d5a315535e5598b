import type { StopReason } from '@agentclientprotocol/sdk';

/** Step of a scripted agent. A step `stop` at the end of a turn sets the stop reason of the turn. */
export type AgentStep =
  | { readonly write: string; readonly content: string }
  | { readonly remove: string }
  /** Runs a command in the workspace with the environment of the agent. */
  | { readonly run: string[] }
  /** Asks the bridge over ACP to read or write a file; the bridge refuses. */
  | { readonly acpRead: string }
  | { readonly acpWrite: string; readonly content: string }
  /** Sends text to the client. */
  | { readonly text: string }
  /** Reports a finished tool call. */
  | { readonly tool: string; readonly input?: unknown }
  /** Asks people with `_smol/ask`. */
  | {
      readonly ask: {
        readonly question: string;
        readonly options?: string[];
        readonly default?: string;
        readonly timeoutMs?: number;
      };
    }
  /** Asks several questions at the same time. */
  | {
      readonly askAll: {
        readonly question: string;
        readonly default?: string;
        readonly timeoutMs?: number;
      }[];
    }
  /** Asks people with an elicitation of ACP. */
  | { readonly elicit: string; readonly options: string[]; readonly default: string }
  /** Requests permission for a tool call on this path. */
  | { readonly permission: string }
  /** Calls the model proxy at this path. */
  | { readonly model: string; readonly stream?: boolean }
  /** Notes the environment and the capabilities of the client; `true` also notes the command lines of all processes. */
  | { readonly look: boolean }
  /** Starts a background process that the agent does not end. */
  | { readonly leave: 'process' }
  /** Exits with this code and text on standard error. */
  | { readonly crash: number; readonly stderr?: string }
  /** Waits until the turn is cancelled or the agent is killed. */
  | { readonly hang: true }
  | { readonly stop: StopReason };

/** Turns of a scripted agent. */
export type AgentScript = { readonly turns: AgentStep[][] };
