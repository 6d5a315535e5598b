import type { AttemptKey, MergeQueueKey, PlanId, TaskKey } from '../contract/id.ts';
import type { Key } from '../port/table.ts';

// All keys of the table. Keys of plan data contain the plan, and keys of task data also contain the run, so that an old run cannot
// overwrite a new run. The rights of a function (rights.ts) name partitions with `*` instead of an id.

/** Start of a partition key, up to the first id. */
const PARTITION_PREFIX = { plan: 'PLAN#', task: 'TASK#', mergeQueue: 'LANE#' } as const;

/** Start of a sort key inside a partition, to query items of the same kind. */
export const SORT_PREFIX = {
  baseWatcher: 'WATCH#',
  connection: 'CONN#',
  dependents: 'DEP#',
  history: 'H#',
  mergeQueueEntry: 'W#',
  message: 'M#',
  pause: 'PAUSE#',
  session: 'SESSION#',
  watchedPlan: 'PLAN#',
} as const;

/** Partition of singletons: slots and pauses. */
export const SYSTEM_PARTITION = 'SYSTEM';
/** Partition of all linked repositories. */
export const REPOSITORIES_PARTITION = 'REPOSITORY';
/** Partition of all users. */
export const USERS_PARTITION = 'access#users';
/** Partition of all API tokens. */
export const API_TOKENS_PARTITION = 'access#tokens';

export function formatPlanPartition(plan: PlanId): string {
  return `${PARTITION_PREFIX.plan}${plan}`;
}
export function formatTaskPartition(key: TaskKey): string {
  return `${PARTITION_PREFIX.task}${key.plan}#${key.run}#${key.task}`;
}
export function formatMergeQueuePartition(key: MergeQueueKey): string {
  return `${PARTITION_PREFIX.mergeQueue}${key.plan}#${key.run}#${key.repo}`;
}
/** Formats the partition of the notices about a plan and its tasks. */
export function formatNoticesPartition(plan: PlanId): string {
  return `NOTICES#${plan}`;
}
/** Formats the partition with an item for each watcher of the plan. */
export function formatPlanWatchersPartition(plan: PlanId): string {
  return `WATCH#${plan}`;
}
/** Formats the partition with an item for each watched plan of a WebSocket connection. */
export function formatConnectionPartition(connection: string): string {
  return `CONNECTION#${connection}`;
}
/** Formats the partition of a webhook delivery. */
export function formatDeliveryPartition(delivery: string): string {
  return `DELIVERY#${delivery}`;
}
/** Formats the partition of the sessions and WebSocket connections of an account. */
export function formatAccountPartition(account: string): string {
  return `access#account#${account}`;
}
/** Formats the partition of a single-use secret; the key contains only its hash. */
export function formatOneTimeSecretPartition(kind: 'code' | 'ticket', hash: string): string {
  return `access#${kind}#${hash}`;
}

/** Formats the hash key under which the index `changes` lists the tasks of a run. */
export function formatRunChangesHash(plan: PlanId, run: number): string {
  return `RUN#${plan}#${run}`;
}
/** Hash key under which the index `changes` lists all plans. */
export const ALL_PLANS = 'PLANS';
/** Hash key under which the index `changes` lists the notices of all plans. */
export const ALL_NOTICES = 'NOTICES';
/** Formats the hash key under which the index `ready` lists the ready tasks of a run. */
export function formatReadyTasksHash(plan: PlanId, run: number): string {
  return `READY#${plan}#${run}`;
}
/** Hash key under which the index `ready` lists the plans that may have ready tasks. */
export const ACTIVE_PLANS = 'ACTIVE';
/** Hash key under which the index `ready` lists the plans that wait for a person: halted, or complete with an open pull request. */
export const PLANS_AWAITING_PERSON = 'OPEN';

/** Functions that build the key of each kind of item. */
export const KEY = {
  plan: (plan: PlanId): Key => ({ pk: formatPlanPartition(plan), sk: 'HEAD' }),
  plannerLease: (plan: PlanId): Key => ({ pk: formatPlanPartition(plan), sk: 'PLANNER' }),
  /** Spending of a plan with a budget. */
  planSpending: (plan: PlanId): Key => ({ pk: formatPlanPartition(plan), sk: 'SPEND' }),
  planHistory: (plan: PlanId, version: number): Key => ({
    pk: formatPlanPartition(plan),
    sk: `${SORT_PREFIX.history}${padNumber(version, 8)}`,
  }),
  revision: (plan: PlanId, revision: number, tag: string): Key => ({
    pk: formatPlanPartition(plan),
    sk: `REV#${padNumber(revision, 6)}#${tag}`,
  }),
  /** Note in the partition of the base check `check` that `plan` waits for the check. */
  baseWatcher: (check: PlanId, plan: PlanId): Key => ({
    pk: formatPlanPartition(check),
    sk: `${SORT_PREFIX.baseWatcher}${plan}`,
  }),
  exploration: (plan: PlanId, index: number): Key => ({
    pk: formatPlanPartition(plan),
    sk: `EXP#${padNumber(index, 2)}`,
  }),
  task: (key: TaskKey): Key => ({ pk: formatTaskPartition(key), sk: 'STATE' }),
  spec: (key: TaskKey): Key => ({ pk: formatTaskPartition(key), sk: 'SPEC' }),
  dependents: (key: TaskKey, chunk: number): Key => ({
    pk: formatTaskPartition(key),
    sk: `${SORT_PREFIX.dependents}${padNumber(chunk, 4)}`,
  }),
  taskHistory: (key: TaskKey, version: number): Key => ({
    pk: formatTaskPartition(key),
    sk: `${SORT_PREFIX.history}${padNumber(version, 8)}`,
  }),
  attempt: (key: AttemptKey): Key => ({
    pk: formatTaskPartition(key),
    sk: `A#${padNumber(key.attemptNumber, 5)}`,
  }),
  result: (key: AttemptKey): Key => ({
    pk: formatTaskPartition(key),
    sk: `R#${padNumber(key.attemptNumber, 5)}`,
  }),
  transcript: (key: AttemptKey, chunk: number): Key => ({
    pk: formatTaskPartition(key),
    sk: `L#${padNumber(key.attemptNumber, 5)}#${padNumber(chunk, 6)}`,
  }),
  message: (key: TaskKey, number: number): Key => ({
    pk: formatTaskPartition(key),
    sk: `${SORT_PREFIX.message}${padNumber(number, 6)}`,
  }),
  mergeQueue: (key: MergeQueueKey): Key => ({
    pk: formatMergeQueuePartition(key),
    sk: 'HEAD',
  }),
  /** `joinedAt` (epoch milliseconds) comes first, so that a query returns the entries in queue order. */
  mergeQueueEntry: (key: MergeQueueKey, joinedAt: number, task: string): Key => ({
    pk: formatMergeQueuePartition(key),
    sk: `${SORT_PREFIX.mergeQueueEntry}${padNumber(joinedAt, 15)}#${task}`,
  }),
  slots: (): Key => ({ pk: SYSTEM_PARTITION, sk: 'SLOTS' }),
  modelProbe: (): Key => ({ pk: SYSTEM_PARTITION, sk: 'PROBE#model' }),
  pause: (system: string): Key => ({
    pk: SYSTEM_PARTITION,
    sk: `${SORT_PREFIX.pause}${system}`,
  }),
  /** `at` (epoch milliseconds) comes first, so that a query returns the notices in order of time. */
  notice: ({
    plan,
    at,
    id,
  }: {
    readonly plan: PlanId;
    readonly at: number;
    readonly id: string;
  }): Key => ({
    pk: formatNoticesPartition(plan),
    sk: `${padNumber(at, 15)}#${id}`,
  }),
  repository: (name: string): Key => ({ pk: REPOSITORIES_PARTITION, sk: name }),
  pollCursor: (name: string): Key => ({ pk: 'POLL', sk: name }),
  delivery: (id: string): Key => ({ pk: formatDeliveryPartition(id), sk: 'SEEN' }),
  planWatcher: (plan: PlanId, connection: string): Key => ({
    pk: formatPlanWatchersPartition(plan),
    sk: connection,
  }),
  watchedPlan: (connection: string, plan: PlanId): Key => ({
    pk: formatConnectionPartition(connection),
    sk: `${SORT_PREFIX.watchedPlan}${plan}`,
  }),
  user: (email: string): Key => ({ pk: USERS_PARTITION, sk: email }),
  apiToken: (id: string): Key => ({ pk: API_TOKENS_PARTITION, sk: id }),
  /** Set of the accounts that count as admins. */
  admins: (): Key => ({ pk: SYSTEM_PARTITION, sk: 'ADMINS' }),
  session: (account: string, id: string): Key => ({
    pk: formatAccountPartition(account),
    sk: `${SORT_PREFIX.session}${id}`,
  }),
  /** Entry of a WebSocket connection in the partition of its account. */
  accountConnection: (account: string, connection: string): Key => ({
    pk: formatAccountPartition(account),
    sk: `${SORT_PREFIX.connection}${connection}`,
  }),
  /** User of a WebSocket connection and the number of its subscriptions. */
  connection: (connection: string): Key => ({
    pk: formatConnectionPartition(connection),
    sk: 'HEAD',
  }),
  oneTimeSecret: (kind: 'code' | 'ticket', hash: string): Key => ({
    pk: formatOneTimeSecretPartition(kind, hash),
    sk: kind,
  }),
  /** Counts attempts with a password until `windowEnd`, epoch milliseconds. */
  signInCounter: (
    subject: 'pair' | 'address' | 'account',
    hash: string,
    windowEnd: number,
  ): Key => ({
    pk: `access#login#${subject}#${hash}`,
    sk: String(windowEnd),
  }),
} as const;

export function isPlanItem(item: Key): boolean {
  return item.pk.startsWith(PARTITION_PREFIX.plan);
}
export function isTaskItem(item: Key): boolean {
  return item.pk.startsWith(PARTITION_PREFIX.task);
}
export function isMergeQueueItem(item: Key): boolean {
  return item.pk.startsWith(PARTITION_PREFIX.mergeQueue);
}

/** Returns the plan of a plan item from its partition key. */
export function parsePlanPartition(item: Key): PlanId {
  return item.pk.slice(PARTITION_PREFIX.plan.length);
}
/** Returns the plan that waits for a base check from the note of the plan. */
export function parseBaseWatcher(item: Key): PlanId {
  return item.sk.slice(SORT_PREFIX.baseWatcher.length);
}
/** Returns the task of a task item from its partition key. */
export function parseTaskPartition(item: Key): TaskKey {
  const [plan = '', run = '', task = ''] = item.pk.slice(PARTITION_PREFIX.task.length).split('#');
  return { plan, run: Number(run), task };
}
/** Returns the merge queue of a merge queue item from its partition key. */
export function parseMergeQueuePartition(item: Key): MergeQueueKey {
  const [plan = '', run = '', repo = ''] = item.pk
    .slice(PARTITION_PREFIX.mergeQueue.length)
    .split('#');
  return { plan, run: Number(run), repo };
}

/** Returns the name of the paused system from the key of a pause. */
export function readPausedSystem(item: Key): string {
  return item.sk.slice(SORT_PREFIX.pause.length);
}

function padNumber(number: number, digits: number): string {
  return String(number).padStart(digits, '0');
}
