import { setTimeout as delay } from 'node:timers/promises';
import { API } from '../../core/contract/api.ts';
import type { PlanView } from '../../core/contract/plan.ts';
import type { TaskView } from '../../core/contract/task.ts';
import type { Client } from '../client/client.ts';
import { readAllPages } from '../client/client.ts';

// The live feed of a plan: a snapshot, then what changed since. The API answers some changes twice, because its index may
// be late; a change is new only if its item's version is.

export type PlanSnapshot = { readonly plan: PlanView; readonly tasks: readonly TaskView[] };

export type PlanChange =
  | { readonly kind: 'plan'; readonly plan: PlanView; readonly before?: PlanView | undefined }
  | { readonly kind: 'task'; readonly task: TaskView; readonly before?: TaskView | undefined };

export type ProgressStep = {
  readonly state: PlanSnapshot;
  readonly changes: readonly PlanChange[];
};

export type FollowOptions = {
  readonly signal?: AbortSignal;
  /** Pause between two questions: the first while things move, growing to the second; ms. */
  readonly pauseMs?: { readonly min: number; readonly max: number };
};

const PAUSE_MS = { min: 250, max: 2_000 };
const PAGE_SIZE = 200;
/** The plan with its sums over all tasks costs the server more than its changes: not more often than this, ms. */
const MIN_PLAN_READ_INTERVAL_MS = 800;
/** Its derived facts (halted, waiting) may change without an item of it changing. */
const QUIET_STEPS_PER_PLAN_READ = 5;

/** The plan with all tasks of its current run, read now. */
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

/** Steps without end: the first carries everything, later ones what is new. Steps without changes come too: time passes. */
export async function* followPlan(
  client: Client,
  planId: string,
  options: FollowOptions = {},
): AsyncGenerator<ProgressStep, void> {
  const { signal, pauseMs = PAUSE_MS } = options;
  const params = { plan: planId };
  let state = await readPlanSnapshot(client, planId, signal);
  let since = findNewestChange(state);
  let pause = pauseMs.min;
  let quiet = 0;
  let owesPlan = false;
  let owesEdges = false;
  let planAt = 0;
  yield { state, changes: createInitialChanges(state) };
  for (;;) {
    await delay(pause, undefined, callOptions(signal));
    const news = await readNews(client, planId, since, signal);
    since = Math.max(since, news.cursor);
    let step = applyTasks(state, news.tasks);
    quiet = step.changes.length > 0 ? 0 : quiet + 1;
    // What comes with the changes tells that the plan moved, but is not its whole view.
    const moved = step.changes.length > 0 || (news.planVersion ?? 0) > state.plan.version;
    owesPlan ||= moved || quiet % QUIET_STEPS_PER_PLAN_READ === 0;
    if (owesPlan && Date.now() - planAt >= MIN_PLAN_READ_INTERVAL_MS) {
      const plan = await client.call(API.getPlan, { params }, callOptions(signal));
      step = applyPlan(step.state, plan, step.changes);
      owesPlan = false;
      planAt = Date.now();
    }
    owesEdges ||= step.changes.some(isNewTask);
    if (owesEdges && step.state.plan.status !== 'activating') {
      step = applyEdges(step, await readTasks(client, planId, signal));
      owesEdges = false;
    }
    state = step.state;
    pause = step.changes.length > 0 ? pauseMs.min : Math.min(pause * 1.5, pauseMs.max);
    yield step;
  }
}

type PlanNews = { readonly tasks: TaskView[]; cursor: number; planVersion: number | undefined };

async function readNews(
  client: Client,
  planId: string,
  since: number,
  signal: AbortSignal | undefined,
): Promise<PlanNews> {
  const news: PlanNews = { tasks: [], cursor: since, planVersion: undefined };
  let cursor: string | undefined;
  do {
    const query = { since, limit: PAGE_SIZE, cursor };
    const input = { params: { plan: planId }, query };
    const answer = await client.call(API.planChanges, input, callOptions(signal));
    news.tasks.push(...answer.tasks);
    news.planVersion = answer.plan?.version ?? news.planVersion;
    cursor = answer.next;
    // Only the last page says where to go on: what lies between would be lost.
    if (cursor === undefined) news.cursor = answer.cursor;
  } while (cursor !== undefined);
  return news;
}

type SnapshotUpdate = { readonly state: PlanSnapshot; readonly changes: PlanChange[] };

/** Takes over tasks that are newer than what is known, of the newest run only. */
export function applyTasks(state: PlanSnapshot, tasks: readonly TaskView[]): SnapshotUpdate {
  const known = new Map(state.tasks.map((task) => [task.id, task]));
  const changes: PlanChange[] = [];
  for (const changed of tasks) {
    const before = known.get(changed.id);
    if (before !== undefined && !isNewer(changed, before)) continue;
    if (changed.run < state.plan.run) continue;
    const task = keepEdges(changed, before);
    known.set(task.id, task);
    changes.push({ kind: 'task', task, before });
  }
  if (changes.length === 0) return { state, changes };
  return { state: { plan: state.plan, tasks: sortTasks([...known.values()]) }, changes };
}

/** Changes come without the task's edges, which stay the same for a run. */
function keepEdges(task: TaskView, before: TaskView | undefined): TaskView {
  if (before === undefined || before.run !== task.run || task.dependsOn.length > 0) return task;
  return { ...task, dependsOn: before.dependsOn };
}

/** A task was seen for the first time, or in a new run: its edges are not known. */
function isNewTask(change: PlanChange): boolean {
  return change.kind === 'task' && change.before?.run !== change.task.run;
}

function applyEdges(step: SnapshotUpdate, listed: readonly TaskView[]): SnapshotUpdate {
  const edges = new Map(listed.map((task) => [task.id, task.dependsOn]));
  const tasks = step.state.tasks.map((task) => ({
    ...task,
    dependsOn: edges.get(task.id) ?? task.dependsOn,
  }));
  return { state: { plan: step.state.plan, tasks }, changes: step.changes };
}

/** Takes over the plan unless it is older; a new run leaves the tasks of the old one behind. */
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
  return state.tasks.reduce((at, task) => Math.max(at, task.changedAt), state.plan.changedAt);
}

function sortTasks(tasks: readonly TaskView[]): TaskView[] {
  return tasks.toSorted((a, b) => a.ordinal - b.ordinal);
}
