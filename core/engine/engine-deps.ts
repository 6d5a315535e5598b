import type { Repository } from '../contract/repository.ts';
import type { Limits } from '../contract/task.ts';
import type { Forge } from '../port/forge.ts';
import type { PodLauncher } from '../port/launcher.ts';
import type { Queue } from '../port/queue.ts';
import type { Clock, Log } from '../port/runtime.ts';
import type { Table } from '../port/table.ts';
import type { TaskBounds } from '../task-state/task-state.ts';

/** Maximum number of attempts that run at the same time: in the installation, in one repository and in one plan. */
export type SlotCaps = {
  readonly system: number;
  readonly repository: number;
  readonly plan: number;
};

/** Settings of the engine, read from the environment at the start of a function. */
export type EngineSettings = {
  /** First part of every branch name. */
  readonly prefix: string;
  /** Base URL of the HTTP API, which bridges call. */
  readonly apiUrl: string;
  /** Limits that apply where neither the plan nor the task sets a limit. */
  readonly limits: Required<Limits>;
  /** Numbers of failures after which a task is blocked. */
  readonly bounds: TaskBounds;
  /** Maximum numbers of concurrent attempts. */
  readonly caps: SlotCaps;
  /** Milliseconds without a heartbeat after which an attempt is lost. */
  readonly leaseMs: number;
  /** Interval of heartbeats, milliseconds; at most a third of `leaseMs`. */
  readonly heartbeatMs: number;
  /** Maximum milliseconds from the claim to the first call of the bridge; includes the image pull and the boot. */
  readonly launchTimeoutMs: number;
  /** Size from which a repository is cloned partially, MB; if absent, every clone is complete. */
  readonly partialCloneFromMb?: number;
  /** Days for which branches and transcripts of finished or cancelled work are kept. */
  readonly keepDays: number;
  /** Default agent of plans: a name in the bridge's table of agents. */
  readonly agent: string;
  /** Model names by tier; empty if no model is configured. */
  readonly models: { readonly heavy: string; readonly light: string };
  /** USD per million tokens, by model name. */
  readonly prices: Readonly<Record<string, { readonly input: number; readonly output: number }>>;
  /** Default author of commits, for repositories without a configured author. */
  readonly author: { readonly name: string; readonly email: string };
};

/**
 * All ports of the engine. Functions accept only the ports that they use, as one of the types below or as a `Pick`, so the
 * compiler rejects a handler that calls code without the permission for it.
 */
export type EngineDeps = {
  readonly table: Table;
  readonly queue: Queue;
  readonly launcher: PodLauncher;
  readonly forges: Readonly<Record<Repository['forge'], Forge>>;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: EngineSettings;
  /** Signs the token for the callbacks of one attempt, valid until `expiresAt` in epoch milliseconds. */
  readonly signAttemptToken: (attemptId: string, expiresAt: number) => Promise<string>;
  /** Returns a new unique id of lower-case letters and digits. */
  readonly newId: () => string;
};

/** Ports of a read of the store. */
export type StoreDeps = Pick<EngineDeps, 'table'>;
/** Ports to send wake-up messages. */
export type WakeUpDeps = Pick<EngineDeps, 'queue' | 'log'>;
/** Ports of a transition of a plan. */
export type PlanWriteDeps = Pick<EngineDeps, 'table' | 'queue' | 'clock' | 'log' | 'settings'>;
/** Ports of a transition of a task. */
export type TaskWriteDeps = PlanWriteDeps & Pick<EngineDeps, 'newId'>;
/** Ports of a transition that reads from or writes to a forge. */
export type ForgeDeps = TaskWriteDeps & Pick<EngineDeps, 'forges'>;
/** Ports to observe and remove pods. */
export type PodDeps = TaskWriteDeps & Pick<EngineDeps, 'launcher'>;
/** Ports to launch pods. */
export type LaunchDeps = PodDeps & Pick<EngineDeps, 'signAttemptToken'>;
/** Ports of the merge queue, which merges at a forge and removes the pods of merged tasks. */
export type MergeDeps = ForgeDeps & PodDeps;

/** Access of a bridge to the model; only the function that serves attempts holds the key. */
export type ModelAccess = { readonly baseUrl: string; readonly apiKey: string };

/**
 * Maximum run time of a handler, milliseconds. A slow handler may write or send data that is this old.
 */
export const MAX_HANDLER_LIFETIME_MS = 300_000;
