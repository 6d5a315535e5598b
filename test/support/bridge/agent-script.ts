import type { AgentCapabilities, StopReason } from '@agentclientprotocol/sdk';

/** Step of a scripted agent. */
export type AgentStep =
  /** Writes a file; `write` is a path relative to the workspace. */
  | { readonly write: string; readonly content: string }
  /** Removes a file or folder. */
  | { readonly remove: string }
  /** Runs a command in the workspace with the environment of the agent. */
  | { readonly run: string[] }
  /** Asks the bridge over ACP to read or write a file, and notes the refusal. */
  | { readonly acpRead: string }
  | { readonly acpWrite: string; readonly content: string }
  /** Sends text to the bridge. */
  | { readonly text: string }
  /** Reports a finished tool call with this title. */
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
  /** Asks several questions with `_smol/ask` at the same time. */
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
  /** Sends a request to this path of the model proxy, and notes the reply. */
  | { readonly callModel: string; readonly stream?: boolean }
  /** Notes the environment of the agent, the ACP capabilities of the bridge and, if requested, the command lines of all processes. */
  | { readonly noteEnvironment: true; readonly noteCommandLines?: true }
  /** Starts a background process in a process group of its own, and notes the process id. */
  | { readonly startDaemon: true }
  /** Exits with this code and with this text on standard error. */
  | { readonly crash: number; readonly stderr?: string }
  /** Waits until the turn is cancelled or the agent is killed. */
  | { readonly hang: true }
  /** Sets the stop reason of the turn; must be the last step of the turn. */
  | { readonly stop: StopReason };

/** Turns of a scripted agent. */
export type AgentScript = {
  readonly turns: AgentStep[][];
  /** Capabilities that the agent announces. Default: none. */
  readonly capabilities?: AgentCapabilities;
};
