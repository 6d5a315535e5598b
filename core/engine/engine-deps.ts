import type { Repository } from '../contract/repository.ts';
import type { Limits } from '../contract/task.ts';
import type { Forge } from '../port/forge.ts';
import type { PodLauncher } from '../port/launcher.ts';
import type { Queue } from '../port/queue.ts';
import type { Clock, Log } from '../port/runtime.ts';
import type { Table } from '../port/table.ts';
import type { TaskBounds } from '../task-state/task-state.ts';

export type SlotCaps = {
  readonly system: number;
  readonly repository: number;
  readonly plan: number;
};

export type EngineSettings = {
  /** First part of every branch name. */
  readonly prefix: string;
  /** Where bridges call back. */
  readonly apiUrl: string;
  readonly limits: Required<Limits>;
  readonly bounds: TaskBounds;
  readonly caps: SlotCaps;
  /** A bridge that has not been heard of for so long is lost. */
  readonly leaseMs: number;
  readonly heartbeatMs: number;
  /** From the claim to the bridge's first call: image pull, boot. */
  readonly launchMs: number;
  /** Repositories of this size and above are cloned partially, MB. Absent: none is. */
  readonly partialFromMb?: number;
  /** Days that the branches of cancelled work are kept. */
  keepDays: number;
  /** Name in the bridge's table of agents. */
  readonly agent: string;
  readonly models: { readonly heavy: string; readonly light: string };
  /** USD per million tokens by model name. */
  readonly prices: Readonly<Record<string, { readonly input: number; readonly output: number }>>;
  readonly author: { readonly name: string; readonly email: string };
};

export type EngineDeps = {
  readonly table: Table;
  readonly queue: Queue;
  readonly launcher: PodLauncher;
  readonly forges: Record<Repository['forge'], Forge>;
  readonly clock: Clock;
  readonly log: Log;
  settings: EngineSettings;
  /** Signs the token that is good for this attempt's callbacks until then. */
  readonly attemptToken: (attemptId: string, expiresAt: number) => Promise<string>;
  /** Lower-case letters and digits, unique. */
  readonly newId: () => string;
};

/** What a bridge needs to reach a model; only the attempt's Lambda holds it. */
export type ModelAccess = { readonly baseUrl: string; readonly apiKey: string };

/**
 * So long a handler may stand still and still go on with what it read before, milliseconds: what is told at the time it was
 * read may arrive so much later.
 */
export const MAX_HANDLER_LIFETIME_MS = 300_000;
