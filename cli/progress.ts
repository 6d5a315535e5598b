import { setTimeout as delay } from 'node:timers/promises';
import { API } from '../core/contract/api.ts';
import type { PlanView } from '../core/contract/plan.ts';
import type { TaskView } from '../core/contract/task.ts';
import type { Client } from './client.ts';
import { readAll } from './client.ts';

// The live feed of a plan: a snapshot, then what changed since. The API answers some changes twice, because its index may
// be late; a change is new only if its item's version is.

export type PlanState = { readonly plan: PlanView; readonly tasks: readonly TaskView[] };

export type PlanChange =
  | { readonly kind: 'plan'; readonly plan: PlanView; readonly before?: PlanView | undefined }
  | { readonly kind: 'task'; readonly task: TaskView; readonly before?: TaskView | undefined };

export type ProgressStep = { readonly state: PlanState; readonly changes: readonly PlanChange[] };

export type ProgressOptions = {
  readonly signal?: AbortSignal;
  /** Pause between two questions: the first while things move, growing to the second; ms. */
  readonly pauseMs?: { readonly min: number; readonly max: number };
};

const PAUSE_MS = { min: 250, max: 2_000 };
const PAGE = 200;
/** The plan's derived facts (halted, waiting) change without an item of its own changing. */
const REREAD_AFTER_CALLS = 5;

/** The plan with all tasks of its current run, read now. */
export async function readPlanState(
  client: Client,
  planId: string,
  signal?: AbortSignal,
): Promise<PlanState> {
  const how = signal === undefined ? {} : { signal };
  const params = { plan: planId };
  const plan = await client.call(API.getPlan, { params }, how);
  const tasks = await readAll((cursor) =>
    client.call(API.listTasks, { params, query: { limit: PAGE, cursor } }, how),
  );
  return { plan, tasks: ordered(tasks) };
}

/** Steps without end: the first carries everything, later ones what is new. Steps without changes come too: time passes. */
export async function* followPlan(
  client: Client,
  planId: string,
  options: ProgressOptions = {},
): AsyncGenerator<ProgressStep, void> {
  const pauseMs = options.pauseMs ?? PAUSE_MS;
  const how = options.signal === undefined ? {} : { signal: options.signal };
  const params = { plan: planId };
  let state = await readPlanState(client, planId, options.signal);
  let since = newest(state);
  let pause = pauseMs.min;
  let calls = 0;
  yield { state, changes: firstChanges(state) };
  for (;;) {
    await delay(pause, undefined, how);
    let changes: PlanChange[] = [];
    let plan: PlanView | undefined;
    let page: string | undefined;
    do {
      const query = { since, limit: PAGE, cursor: page };
      const answer = await client.call(API.planChanges, { params, query }, how);
      plan = answer.plan ?? plan;
      ({ state, changes } = applyTasks(state, answer.tasks, changes));
      page = answer.next;
      // Only the last page says where to go on: what lies between would be lost.
      if (page === undefined) since = Math.max(since, answer.cursor);
    } while (page !== undefined);
    calls += 1;
    if (plan === undefined && (changes.length > 0 || calls % REREAD_AFTER_CALLS === 0)) {
      plan = await client.call(API.getPlan, { params }, how);
    }
    ({ state, changes } = applyPlan(state, plan, changes));
    pause = changes.length > 0 ? pauseMs.min : Math.min(pause * 1.5, pauseMs.max);
    yield { state, changes };
  }
}

type Applied = { state: PlanState; changes: PlanChange[] };

/** Takes over tasks that are newer than what is known, of the newest run only. */
export function applyTasks(
  state: PlanState,
  tasks: readonly TaskView[],
  changes: readonly PlanChange[] = [],
): Applied {
  const known = new Map(state.tasks.map((task) => [task.id, task]));
  const found: PlanChange[] = [];
  for (const task of tasks) {
    const before = known.get(task.id);
    if (before !== undefined && !isNewer(task, before)) continue;
    if (task.run < state.plan.run) continue;
    known.set(task.id, task);
    found.push({ kind: 'task', task, before });
  }
  if (found.length === 0) return { state, changes: [...changes] };
  return {
    state: { plan: state.plan, tasks: ordered([...known.values()]) },
    changes: [...changes, ...found],
  };
}

/** Takes over the plan unless it is older; a new run leaves the tasks of the old one behind. */
export function applyPlan(
  state: PlanState,
  plan: PlanView | undefined,
  changes: readonly PlanChange[] = [],
): Applied {
  if (plan === undefined || plan.version < state.plan.version) {
    return { state, changes: [...changes] };
  }
  const tasks = state.tasks.filter((task) => task.run >= plan.run);
  const isSame = JSON.stringify(plan) === JSON.stringify(state.plan);
  const change: PlanChange = { kind: 'plan', plan, before: state.plan };
  return { state: { plan, tasks }, changes: isSame ? [...changes] : [...changes, change] };
}

function isNewer(task: TaskView, before: TaskView): boolean {
  return task.run > before.run || (task.run === before.run && task.version > before.version);
}

function firstChanges(state: PlanState): PlanChange[] {
  return [
    { kind: 'plan', plan: state.plan },
    ...state.tasks.map((task): PlanChange => ({ kind: 'task', task })),
  ];
}

function newest(state: PlanState): number {
  return state.tasks.reduce((at, task) => Math.max(at, task.changedAt), state.plan.changedAt);
}

function ordered(tasks: readonly TaskView[]): TaskView[] {
  return tasks.toSorted((a, b) => a.ordinal - b.ordinal);
}
