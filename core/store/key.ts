import type { AttemptKey, PlanId, TaskKey } from '../contract/id.ts';
import type { Key } from '../port/table.ts';
import { hashText } from './hash-text.ts';

// Every key of the table, in one place. Plan and run are in each key, so that an old run cannot touch a new one.

const padNumber = (n: number, digits: number): string => String(n).padStart(digits, '0');

export const DUE_SHARDS = 16;

export function selectDueShard(text: string): string {
  return `due#${hashText(text) % DUE_SHARDS}`;
}

export function formatPlanPartition(plan: PlanId): string {
  return `PLAN#${plan}`;
}
export function formatTaskPartition(key: TaskKey): string {
  return `TASK#${key.plan}#${key.run}#${key.task}`;
}
export function formatMergeQueuePartition(key: {
  readonly plan: PlanId;
  readonly run: number;
  readonly repo: string;
}): string {
  return `LANE#${key.plan}#${key.run}#${key.repo}`;
}

/** Hash of the `changes` index: what changed in a run. */
export function formatRunChangesHash(plan: PlanId, run: number): string {
  return `RUN#${plan}#${run}`;
}
/** Hash of the `changes` index: all plans. */
export const ALL_PLANS = 'PLANS';
/** Hash of the `ready` index: ready tasks of a run. */
export function formatReadyTasksHash(plan: PlanId, run: number): string {
  return `READY#${plan}#${run}`;
}
/** Hash of the `ready` index: plans that may have ready tasks. */
export const ACTIVE_PLANS = 'ACTIVE';
/** Hash of the `ready` index: plans that wait for a person, complete with an open pull request or halted. */
export const OPEN_PLANS = 'OPEN';

export const KEY = {
  plan: (plan: PlanId): Key => ({ pk: formatPlanPartition(plan), sk: 'HEAD' }),
  plannerLease: (plan: PlanId): Key => ({ pk: formatPlanPartition(plan), sk: 'PLANNER' }),
  planHistory: (plan: PlanId, version: number): Key => ({
    pk: formatPlanPartition(plan),
    sk: `H#${padNumber(version, 8)}`,
  }),
  revision: (plan: PlanId, revision: number, tag: string): Key => ({
    pk: formatPlanPartition(plan),
    sk: `REV#${padNumber(revision, 6)}#${tag}`,
  }),
  exploration: (plan: PlanId, index: number): Key => ({
    pk: formatPlanPartition(plan),
    sk: `EXP#${padNumber(index, 2)}`,
  }),
  task: (key: TaskKey): Key => ({ pk: formatTaskPartition(key), sk: 'STATE' }),
  spec: (key: TaskKey): Key => ({ pk: formatTaskPartition(key), sk: 'SPEC' }),
  dependents: (key: TaskKey, chunk: number): Key => ({
    pk: formatTaskPartition(key),
    sk: `DEP#${padNumber(chunk, 4)}`,
  }),
  taskHistory: (key: TaskKey, version: number): Key => ({
    pk: formatTaskPartition(key),
    sk: `H#${padNumber(version, 8)}`,
  }),
  attempt: (key: AttemptKey): Key => ({
    pk: formatTaskPartition(key),
    sk: `A#${padNumber(key.n, 5)}`,
  }),
  result: (key: AttemptKey): Key => ({
    pk: formatTaskPartition(key),
    sk: `R#${padNumber(key.n, 5)}`,
  }),
  transcript: (key: AttemptKey, chunk: number): Key => ({
    pk: formatTaskPartition(key),
    sk: `L#${padNumber(key.n, 5)}#${padNumber(chunk, 6)}`,
  }),
  message: (key: TaskKey, n: number): Key => ({
    pk: formatTaskPartition(key),
    sk: `M#${padNumber(n, 6)}`,
  }),
  mergeQueue: (key: {
    readonly plan: PlanId;
    readonly run: number;
    readonly repo: string;
  }): Key => ({
    pk: formatMergeQueuePartition(key),
    sk: 'HEAD',
  }),
  mergeQueueEntry: (
    key: { readonly plan: PlanId; readonly run: number; readonly repo: string },
    at: number,
    task: string,
  ): Key => ({
    pk: formatMergeQueuePartition(key),
    sk: `W#${padNumber(at, 15)}#${task}`,
  }),
  slots: (): Key => ({ pk: 'SYSTEM', sk: 'SLOTS' }),
  pause: (what: string): Key => ({ pk: 'SYSTEM', sk: `PAUSE#${what}` }),
  repository: (name: string): Key => ({ pk: 'REPOSITORY', sk: name }),
  pollCursor: (name: string): Key => ({ pk: 'POLL', sk: name }),
  delivery: (id: string): Key => ({ pk: `DELIVERY#${id}`, sk: 'SEEN' }),
  watchers: (plan: PlanId): Key => ({ pk: `WATCH#${plan}`, sk: '' }),
} as const;
