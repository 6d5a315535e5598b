import type { AttemptKey, PlanId, TaskKey } from '../contract/id.ts';
import type { Key } from '../port/table.ts';
import { shortHash } from './short-hash.ts';

// Every key of the table, in one place. Plan and run are in each key, so that an old run cannot touch a new one.

const pad = (n: number, digits: number): string => String(n).padStart(digits, '0');

export const DUE_SHARDS = 16;

export function dueShard(text: string): string {
  return `due#${shortHash(text) % DUE_SHARDS}`;
}

export function planPartition(plan: PlanId): string {
  return `PLAN#${plan}`;
}
export function taskPartition(key: TaskKey): string {
  return `TASK#${key.plan}#${key.run}#${key.task}`;
}
export function lanePartition(key: { plan: PlanId; run: number; repo: string }): string {
  return `LANE#${key.plan}#${key.run}#${key.repo}`;
}

/** Hash of the `changes` index: what changed in a run. */
export function runChanges(plan: PlanId, run: number): string {
  return `RUN#${plan}#${run}`;
}
/** Hash of the `changes` index: all plans. */
export const ALL_PLANS = 'PLANS';
/** Hash of the `ready` index: ready tasks of a run. */
export function readyTasks(plan: PlanId, run: number): string {
  return `READY#${plan}#${run}`;
}
/** Hash of the `ready` index: plans that may have ready tasks. */
export const ACTIVE_PLANS = 'ACTIVE';
/** Hash of the `ready` index: plans that wait for a person, complete with an open pull request or halted. */
export const OPEN_PLANS = 'OPEN';

export const KEY = {
  head: (plan: PlanId): Key => ({ pk: planPartition(plan), sk: 'HEAD' }),
  plannerLease: (plan: PlanId): Key => ({ pk: planPartition(plan), sk: 'PLANNER' }),
  planHistory: (plan: PlanId, version: number): Key => ({
    pk: planPartition(plan),
    sk: `H#${pad(version, 8)}`,
  }),
  revision: (plan: PlanId, revision: number, tag: string): Key => ({
    pk: planPartition(plan),
    sk: `REV#${pad(revision, 6)}#${tag}`,
  }),
  exploration: (plan: PlanId, index: number): Key => ({
    pk: planPartition(plan),
    sk: `EXP#${pad(index, 2)}`,
  }),
  task: (key: TaskKey): Key => ({ pk: taskPartition(key), sk: 'STATE' }),
  spec: (key: TaskKey): Key => ({ pk: taskPartition(key), sk: 'SPEC' }),
  dependents: (key: TaskKey, chunk: number): Key => ({
    pk: taskPartition(key),
    sk: `DEP#${pad(chunk, 4)}`,
  }),
  taskHistory: (key: TaskKey, version: number): Key => ({
    pk: taskPartition(key),
    sk: `H#${pad(version, 8)}`,
  }),
  attempt: (key: AttemptKey): Key => ({ pk: taskPartition(key), sk: `A#${pad(key.n, 5)}` }),
  result: (key: AttemptKey): Key => ({ pk: taskPartition(key), sk: `R#${pad(key.n, 5)}` }),
  transcript: (key: AttemptKey, chunk: number): Key => ({
    pk: taskPartition(key),
    sk: `L#${pad(key.n, 5)}#${pad(chunk, 6)}`,
  }),
  message: (key: TaskKey, n: number): Key => ({ pk: taskPartition(key), sk: `M#${pad(n, 6)}` }),
  lane: (key: { plan: PlanId; run: number; repo: string }): Key => ({
    pk: lanePartition(key),
    sk: 'HEAD',
  }),
  laneEntry: (key: { plan: PlanId; run: number; repo: string }, at: number, task: string): Key => ({
    pk: lanePartition(key),
    sk: `W#${pad(at, 15)}#${task}`,
  }),
  slots: (): Key => ({ pk: 'SYSTEM', sk: 'SLOTS' }),
  pause: (what: string): Key => ({ pk: 'SYSTEM', sk: `PAUSE#${what}` }),
  repository: (name: string): Key => ({ pk: 'REPOSITORY', sk: name }),
  pollCursor: (name: string): Key => ({ pk: 'POLL', sk: name }),
  delivery: (id: string): Key => ({ pk: `DELIVERY#${id}`, sk: 'SEEN' }),
  watchers: (plan: PlanId): Key => ({ pk: `WATCH#${plan}`, sk: '' }),
} as const;
