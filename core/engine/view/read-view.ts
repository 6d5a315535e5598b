import { AppError } from '../../base/app-error.ts';
import type { Flag } from '../../contract/flag.ts';
import type { GraphView, PlanView } from '../../contract/plan.ts';
import type { TaskView } from '../../contract/task.ts';
import type { Revision } from '../../store/plan-store.ts';
import { readPlan } from '../../store/plan-store.ts';
import { addLiveSpending } from '../../store/spending-store.ts';
import { loadPauses } from '../../store/system-store.ts';
import type { AttemptRecord, TranscriptChunk } from '../../store/task-detail-store.ts';
import {
  loadAttempt,
  loadResult,
  loadTaskDetail,
  loadTaskHistory,
  loadTranscriptChunks,
} from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { listTasks, readTask, toTaskKey } from '../../store/task-store.ts';
import type { TaskState, TaskTransition } from '../../task-state/task-state.ts';
import { ALL_PLANS, formatRunChangesHash } from '../../topology/table-keys.ts';
import { requirePlan, requireTask } from '../apply/apply-transition.ts';
import type { EngineDeps, StoreDeps } from '../engine-deps.ts';
import { MAX_HANDLER_LIFETIME_MS } from '../engine-deps.ts';
import { mapInParallel } from '../map-in-parallel.ts';
import { requireRevision } from '../revision/revision.ts';
import { buildPlanView, buildTaskView } from './build-view.ts';

// Reads for clients. The cost of a read depends on the requested page, changes or task, not on the size of the plan.

/** Reads a plan with the sums over all tasks of its current run. */
export async function readPlanView(
  deps: Pick<EngineDeps, 'table' | 'clock'>,
  id: string,
): Promise<PlanView> {
  const stored = await requirePlan(deps, id);
  const plan = await addLiveSpending(deps.table, stored);
  const now = deps.clock.now();
  const [tasks, pauses] = await Promise.all([
    listTasks(deps.table, { plan: id, run: plan.state.run }),
    loadPauses(deps.table, now),
  ]);
  const conversation = plan.state.options.interactive
    ? await findConversation(deps, tasks)
    : undefined;
  return buildPlanView(plan, { tasks, pauses, conversation, now });
}

/** Returns the task whose agent waits for a message; undefined if no agent waits. */
async function findConversation(
  deps: Pick<EngineDeps, 'table'>,
  tasks: readonly StoredTask[],
): Promise<string | undefined> {
  for (const { state } of tasks) {
    if (state.status !== 'working') continue;
    if ((await loadLiveAttempt(deps, state))?.phase === 'waiting') return state.task;
  }
  return undefined;
}

async function loadLiveAttempt(
  deps: Pick<EngineDeps, 'table'>,
  state: TaskState,
): Promise<AttemptRecord | undefined> {
  if (state.liveAttempt === undefined) return undefined;
  const { attemptNumber } = state.liveAttempt;
  return loadAttempt(deps.table, { ...toTaskKey(state), attemptNumber });
}

/** Reads a page of plans, newest change first. The views have no counts of tasks, which would cost a read of every task. */
export async function listPlanViews(
  deps: Pick<EngineDeps, 'table' | 'clock'>,
  query: { readonly limit: number; readonly cursor?: string; readonly status?: string },
): Promise<{ readonly items: PlanView[]; readonly next?: string }> {
  const page = await deps.table.queryIndex('changes', ALL_PLANS, {
    limit: query.limit,
    after: query.cursor,
    reverse: true,
  });
  const stored = page.items
    .map(readPlan)
    .filter((plan) => query.status === undefined || plan.state.status === query.status);
  const plans = await mapInParallel(stored, 8, (plan) => addLiveSpending(deps.table, plan));
  return {
    items: plans.map((plan) => buildPlanView(plan, { now: deps.clock.now() })),
    next: page.next,
  };
}

/**
 * Reads a revision of the graph; without a number, the newest.
 *
 * @throws AppError `no_graph_yet` before the planner has created a graph
 */
export async function readGraph(
  deps: StoreDeps,
  id: string,
  revision: number | undefined,
): Promise<GraphView> {
  const { state } = await requirePlan(deps, id);
  if (state.revision === 0)
    throw new AppError(
      'conflict',
      'no_graph_yet',
      `plan ${id} is ${state.status} and has no graph yet`,
    );
  return buildGraphView(id, await requireRevision(deps, state, revision ?? state.revision));
}

/** Builds the view of a graph, with the declared and the added edges in a single list. */
export function buildGraphView(plan: string, revision: Revision): GraphView {
  const declared = revision.tasks.flatMap((task) =>
    task.dependsOn.map((from) => ({ from, to: task.id, reason: 'declared' as const })),
  );
  return { plan, ...revision, edges: [...declared, ...revision.edges] };
}

/** Changes of a plan since a point in time. */
export type ChangesView = {
  /** Present on the first page if the plan itself changed; without counts of tasks. */
  readonly plan?: PlanView;
  readonly tasks: TaskView[];
  /** Epoch milliseconds to pass as `since` next time, once all pages are read. */
  readonly cursor: number;
  readonly next?: string;
};

/** Reads the changes since `since`, oldest first. Some changes are returned twice; clients deduplicate by item and version. */
export async function readChanges(
  deps: Pick<EngineDeps, 'table' | 'clock'>,
  id: string,
  query: { readonly since: number; readonly limit: number; readonly cursor?: string },
): Promise<ChangesView> {
  const plan = await requirePlan(deps, id);
  const now = deps.clock.now();
  // The index may lag, and a writer may pause between reading the clock and writing. Therefore changes shortly before `since`
  // are returned again.
  const from = Math.max(0, query.since - MAX_HANDLER_LIFETIME_MS);
  const page = await deps.table.queryIndex('changes', formatRunChangesHash(id, plan.state.run), {
    from,
    limit: query.limit,
    after: query.cursor,
  });
  const tasks = page.items.map(readTask);
  const isFirstPage = query.cursor === undefined;
  const hasPlanChanged = isFirstPage && (query.since === 0 || plan.state.last.at >= from);
  const planView = hasPlanChanged
    ? buildPlanView(await addLiveSpending(deps.table, plan), {
        now,
        pauses: await loadPauses(deps.table, now),
      })
    : undefined;
  return {
    plan: planView,
    tasks: tasks.map((task) => buildTaskView(task)),
    cursor: Math.max(query.since, now),
    next: page.next,
  };
}

/** Reads a page of tasks of the current run with their dependencies. */
export async function listTaskViews(
  deps: StoreDeps,
  id: string,
  query: { readonly limit: number; readonly cursor?: string },
): Promise<{ readonly items: TaskView[]; readonly next?: string }> {
  const plan = await requirePlan(deps, id);
  const page = await deps.table.queryIndex('changes', formatRunChangesHash(id, plan.state.run), {
    limit: query.limit,
    after: query.cursor,
  });
  const tasks = page.items.map(readTask);
  const views = await mapInParallel(tasks, 8, async (task) => {
    const detail = await loadTaskDetail(deps.table, toTaskKey(task.state));
    return buildTaskView(task, buildDependencyLists(task, detail?.dependsOn ?? []));
  });
  return { items: views.toSorted((a, b) => a.ordinal - b.ordinal), next: page.next };
}

function buildDependencyLists(
  task: StoredTask,
  dependencies: readonly { readonly id: string; readonly ordinal: number }[],
): { readonly dependsOn: string[]; readonly waitsOn: string[] } {
  const unmergedOrdinals = new Set(task.unmergedDependencies);
  return {
    dependsOn: dependencies.map((dependency) => dependency.id),
    waitsOn: dependencies
      .filter((dependency) => unmergedOrdinals.has(dependency.ordinal))
      .map((dependency) => dependency.id),
  };
}

/** Reads a task with its description and the evidence of the accepted result. */
export async function readTaskView(
  deps: StoreDeps,
  id: string,
  task: string,
): Promise<
  TaskView & {
    readonly description: string;
    readonly criteria: string[];
    readonly scope: string[];
    readonly flagged?: Flag[];
    readonly phase?: AttemptRecord['phase'];
    readonly activity?: string;
  }
> {
  const stored = await requireTask(deps, id, task);
  const key = toTaskKey(stored.state);
  const detail = await loadTaskDetail(deps.table, key);
  const result =
    stored.state.accepted === undefined
      ? undefined
      : await loadResult(deps.table, { ...key, attemptNumber: stored.state.accepted.attempt });
  const view = buildTaskView(stored, buildDependencyLists(stored, detail?.dependsOn ?? []));
  const done = result?.outcome === 'done' ? result : undefined;
  const attempt = await loadLiveAttempt(deps, stored.state);
  return {
    ...view,
    phase: attempt?.phase,
    activity: attempt?.activity || undefined,
    evidence: done?.evidence,
    uncommitted: done?.uncommitted,
    flagged: done?.flagged,
    description: detail?.spec.description ?? '',
    criteria: detail?.spec.criteria ?? [],
    scope: detail?.spec.scope ?? [],
  };
}

/** Reads all transitions of a task, oldest first. */
export async function readHistory(
  deps: StoreDeps,
  id: string,
  task: string,
): Promise<TaskTransition[]> {
  const stored = await requireTask(deps, id, task);
  const archived = await loadTaskHistory(deps.table, stored.state);
  // A transition that is archived during this read appears in both sources; the map keeps one of each version.
  const transitions = [...archived, ...stored.recentTransitions, stored.state.last];
  return [...new Map(transitions.map((transition) => [transition.version, transition])).values()];
}

/** Reads chunks of the transcript of an attempt; without a number, the newest attempt. */
export async function readTranscript(
  deps: StoreDeps,
  id: string,
  task: string,
  query: { readonly attempt?: number; readonly after: number; readonly limit: number },
): Promise<TranscriptChunk[]> {
  const stored = await requireTask(deps, id, task);
  const attempt = query.attempt ?? stored.state.attempt;
  if (attempt === 0) return [];
  return loadTranscriptChunks(
    deps.table,
    { ...toTaskKey(stored.state), attemptNumber: attempt },
    query.after,
    query.limit,
  );
}
