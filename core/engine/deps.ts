import type { Repository } from '../contract/repository.ts';
import type { Limits } from '../contract/task.ts';
import type { Forge } from '../port/forge.ts';
import type { PodLauncher } from '../port/launcher.ts';
import type { Queue } from '../port/queue.ts';
import type { Clock, Log } from '../port/runtime.ts';
import type { Table } from '../port/table.ts';
import type { TaskBounds } from '../task/row.ts';

export type Caps = { system: number; repository: number; plan: number };

export type EngineSettings = {
  /** First part of every branch name. */
  prefix: string;
  /** Where bridges call back. */
  apiUrl: string;
  limits: Required<Limits>;
  bounds: TaskBounds;
  caps: Caps;
  /** A bridge that has not been heard of for so long is lost. */
  leaseMs: number;
  heartbeatMs: number;
  /** From the claim to the bridge's first call: image pull, boot. */
  launchMs: number;
  /** Repositories of this size and above are cloned partially, MB. Absent: none is. */
  partialFromMb?: number;
  /** Days that the branches of cancelled work are kept. */
  keepDays: number;
  /** Name in the bridge's table of agents. */
  agent: string;
  models: { heavy: string; light: string };
  /** USD per million tokens by model name. */
  prices: Readonly<Record<string, { input: number; output: number }>>;
  author: { name: string; email: string };
};

export type EngineDeps = {
  table: Table;
  queue: Queue;
  launcher: PodLauncher;
  forges: Record<Repository['forge'], Forge>;
  clock: Clock;
  log: Log;
  settings: EngineSettings;
  /** Signs the token that is good for this attempt's callbacks until then. */
  attemptToken: (attemptId: string, expiresAt: number) => Promise<string>;
  /** Lower-case letters and digits, unique. */
  newId: () => string;
};

/** What a bridge needs to reach a model; only the attempt's Lambda holds it. */
export type ModelAccess = { baseUrl: string; apiKey: string };
