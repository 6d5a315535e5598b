import { setTimeout as delay } from 'node:timers/promises';
import { API } from '../../core/contract/api.ts';
import type { PlanView } from '../../core/contract/plan.ts';
import type { TaskView } from '../../core/contract/task.ts';
import type { Client } from '../client/client.ts';
import { readAllPages } from '../client/client.ts';

// The live feed of a plan: a snapshot, then the changes. The API may return a change twice, because its index may lag. A task
// in an answer counts as changed only if its run or version is newer than the known one.

/** A plan with all tasks of its current run. */
export type PlanSnapshot = { readonly plan: PlanView; readonly tasks: readonly TaskView[] };

/** A change of the plan or of a task; `before` is absent when the plan or task is seen for the first time. */
export type PlanChange =
  | { readonly kind: 'plan'; readonly plan: PlanView; readonly before?: PlanView | undefined }
  | { readonly kind: 'task'; readonly task: TaskView; readonly before?: TaskView | undefined };

/** The state after a poll, and the changes since the previous poll. */
export type ProgressStep = {
  readonly state: PlanSnapshot;
  readonly changes: readonly PlanChange[];
};

/** Options of `followPlan`. */
export type FollowOptions = {
  readonly signal?: AbortSignal;
  /** Pause between two polls in milliseconds: `min` after a change, growing to `max` without changes. */
  readonly pauseMs?: { readonly min: number; readonly max: number };
};

const PAUSE_MS = { min: 250, max: 2_000 };
const PAGE_SIZE = 200;
/** Minimum milliseconds between two reads of the plan. Each read is expensive, because the server sums over all tasks. */
const MIN_PLAN_READ_INTERVAL_MS = 800;
/** Without changes, every fifth poll still reads the plan: derived facts (halted, waiting) can change without a new version. */
const QUIET_POLLS_PER_PLAN_READ = 5;

/** Reads the plan and all tasks of its current run. */
export async function readPlanSnapshot(
  client: Client,
  planId: string,
  signal?: AbortSignal,
): Promise<PlanSnapshot> {
  const plan = await client.call(API.getPlan, { params: { plan: planId } }, callOptions(signal));
  return { plan, tasks: await readTasks(client, planId, signal) };
}

async function readTasks(
  client: Client,
  planId: string,
  signal: AbortSignal | undefined,
): Promise<TaskView[]> {
  const params = { plan: planId };
  const tasks = await readAllPages((cursor) =>
    client.call(
      API.listTasks,
      { params, query: { limit: PAGE_SIZE, cursor } },
      callOptions(signal),
    ),
  );
  return sortTasks(tasks);
}

function callOptions(signal: AbortSignal | undefined) {
  return signal === undefined ? {} : { signal };
}

/** Polls a plan without end and yields a step for each poll, even without changes. The first step reports everything as changed. */
export async function* followPlan(
  client: Client,
  planId: string,
  options: FollowOptions = {},
): AsyncGenerator<ProgressStep, void> {
  const { signal, pauseMs = PAUSE_MS } = options;
  const params = { plan: planId };
  let state = await readPlanSnapshot(client, planId, signal);
  let since = findNewestChange(state);
  let currentPauseMs = pauseMs.min;
  let quietPollCount = 0;
  let mustReadPlan = false;
  let mustReadDependencies = false;
  let planReadAt = 0;
  yield { state, changes: createInitialChanges(state) };
  for (;;) {
    await delay(currentPauseMs, undefined, callOptions(signal));
    const update = await readUpdate(client, planId, since, signal);
    since = Math.max(since, update.nextSince);
    let step = applyTasks(state, update.tasks);
    quietPollCount = step.changes.length > 0 ? 0 : quietPollCount + 1;
    // The plan that comes with the changes shows a new version, but lacks the sums over the tasks.
    const hasChanged = step.changes.length > 0 || (update.planVersion ?? 0) > state.plan.version;
    mustReadPlan ||= hasChanged || quietPollCount % QUIET_POLLS_PER_PLAN_READ === 0;
    if (mustReadPlan && Date.now() - planReadAt >= MIN_PLAN_READ_INTERVAL_MS) {
      const plan = await client.call(API.getPlan, { params }, callOptions(signal));
      step = applyPlan(step.state, plan, step.changes);
      mustReadPlan = false;
      planReadAt = Date.now();
    }
    mustReadDependencies ||= step.changes.some(isNewTask);
    // During activation the API may not yet list every task with its dependencies.
    if (mustReadDependencies && step.state.plan.status !== 'activating') {
      step = applyDependencies(step, await readTasks(client, planId, signal));
      mustReadDependencies = false;
    }
    state = step.state;
    currentPauseMs =
      step.changes.length > 0 ? pauseMs.min : Math.min(currentPauseMs * 1.5, pauseMs.max);
    yield step;
  }
}

type PlanUpdate = {
  readonly tasks: TaskView[];
  /** Epoch milliseconds for `since` of the next poll. */
  nextSince: number;
  planVersion: number | undefined;
};

async function readUpdate(
  client: Client,
  planId: string,
  since: number,
  signal: AbortSignal | undefined,
): Promise<PlanUpdate> {
  const update: PlanUpdate = { tasks: [], nextSince: since, planVersion: undefined };
  let cursor: string | undefined;
  do {
    const query = { since, limit: PAGE_SIZE, cursor };
    const input = { params: { plan: planId }, query };
    const answer = await client.call(API.planChanges, input, callOptions(signal));
    update.tasks.push(...answer.tasks);
    update.planVersion = answer.plan?.version ?? update.planVersion;
    cursor = answer.next;
    // Each page has a time for the next `since`. The time of an earlier page would skip changes of the later pages.
    if (cursor === undefined) update.nextSince = answer.cursor;
  } while (cursor !== undefined);
  return update;
}

type SnapshotUpdate = { readonly state: PlanSnapshot; readonly changes: PlanChange[] };

/** Applies tasks that are newer than the known tasks and belong to the current or a later run. */
export function applyTasks(state: PlanSnapshot, tasks: readonly TaskView[]): SnapshotUpdate {
  const tasksById = new Map(state.tasks.map((task) => [task.id, task]));
  const changes: PlanChange[] = [];
  for (const changedTask of tasks) {
    const before = tasksById.get(changedTask.id);
    if (before !== undefined && !isNewer(changedTask, before)) continue;
    if (changedTask.run < state.plan.run) continue;
    const task = keepDependencies(changedTask, before);
    tasksById.set(task.id, task);
    changes.push({ kind: 'task', task, before });
  }
  if (changes.length === 0) return { state, changes };
  return { state: { plan: state.plan, tasks: sortTasks([...tasksById.values()]) }, changes };
}

/** Adds the known dependencies to a changed task, because the feed of changes omits dependencies. Within a run they never change. */
function keepDependencies(task: TaskView, before: TaskView | undefined): TaskView {
  if (before === undefined || before.run !== task.run || task.dependsOn.length > 0) return task;
  return { ...task, dependsOn: before.dependsOn };
}

/** Tells whether a task is new or in a new run, so that its dependencies are unknown. */
function isNewTask(change: PlanChange): boolean {
  return change.kind === 'task' && change.before?.run !== change.task.run;
}

function applyDependencies(step: SnapshotUpdate, listedTasks: readonly TaskView[]): SnapshotUpdate {
  const dependenciesById = new Map(listedTasks.map((task) => [task.id, task.dependsOn]));
  const tasks = step.state.tasks.map((task) => ({
    ...task,
    dependsOn: dependenciesById.get(task.id) ?? task.dependsOn,
  }));
  return { state: { plan: step.state.plan, tasks }, changes: step.changes };
}

/** Applies a plan unless the known plan is newer. A new run drops the tasks of earlier runs. */
export function applyPlan(
  state: PlanSnapshot,
  plan: PlanView,
  changes: readonly PlanChange[] = [],
): SnapshotUpdate {
  if (plan.version < state.plan.version) return { state, changes: [...changes] };
  const tasks = state.tasks.filter((task) => task.run >= plan.run);
  const isSame = JSON.stringify(plan) === JSON.stringify(state.plan);
  const change: PlanChange = { kind: 'plan', plan, before: state.plan };
  return { state: { plan, tasks }, changes: isSame ? [...changes] : [...changes, change] };
}

function isNewer(task: TaskView, before: TaskView): boolean {
  return task.run > before.run || (task.run === before.run && task.version > before.version);
}

function createInitialChanges(state: PlanSnapshot): PlanChange[] {
  return [
    { kind: 'plan', plan: state.plan },
    ...state.tasks.map((task): PlanChange => ({ kind: 'task', task })),
  ];
}

function findNewestChange(state: PlanSnapshot): number {
  return state.tasks.reduce(
    (newest, task) => Math.max(newest, task.changedAt),
    state.plan.changedAt,
  );
}

function sortTasks(tasks: readonly TaskView[]): TaskView[] {
  return tasks.toSorted((a, b) => a.ordinal - b.ordinal);
}
