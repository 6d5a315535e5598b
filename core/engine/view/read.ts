import type { GraphView, PlanView } from '../../contract/plan.ts';
import type { TaskView } from '../../contract/task.ts';
import { AppError } from '../../error.ts';
import { ALL_PLANS, runChanges } from '../../store/key.ts';
import { loadPauses } from '../../store/pause-store.ts';
import { loadPlan, type Revision, readPlan } from '../../store/plan-store.ts';
import {
  loadDetail,
  loadHistory,
  loadResult,
  loadTranscript,
  type TranscriptChunk,
} from '../../store/task-detail.ts';
import { listTasks, readTask, type StoredTask, taskKeyOf } from '../../store/task-store.ts';
import type { Transition } from '../../task/state.ts';
import { repositoryOf, requirePlan } from '../apply-plan.ts';
import { requireTask } from '../command/task.ts';
import type { EngineDeps } from '../deps.ts';
import { HANDLER_SPAN_MS } from '../handler-span.ts';
import { inParallel } from '../in-parallel.ts';
import { requireRevision } from '../plan/revision.ts';
import { baseOf, forgeOf } from '../task/task-forge.ts';
import { planView, taskView } from './view.ts';

// Reads for clients. Their cost follows what is asked for: a page, what changed, one task.

export async function readPlanView(deps: EngineDeps, id: string): Promise<PlanView> {
  const plan = await requirePlan(deps, id);
  const now = deps.clock.now();
  const [tasks, pauses] = await Promise.all([
    listTasks(deps.table, { plan: id, run: plan.state.run }),
    loadPauses(deps.table, now),
  ]);
  return planView(plan, { tasks, pauses, now });
}

/** Without counts: those would cost with the plans' sizes. */
export async function listPlanViews(
  deps: EngineDeps,
  query: { limit: number; cursor?: string; status?: string },
): Promise<{ items: PlanView[]; next?: string }> {
  const page = await deps.table.index('changes', ALL_PLANS, {
    limit: query.limit,
    after: query.cursor,
    reverse: true,
  });
  const plans = page.items
    .map(readPlan)
    .filter((plan) => query.status === undefined || plan.state.status === query.status);
  return { items: plans.map((plan) => planView(plan, { now: deps.clock.now() })), next: page.next };
}

export async function readGraph(
  deps: EngineDeps,
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
  return graphView(id, await requireRevision(deps, state, revision ?? state.revision));
}

/** With the edges that its tasks declare, and those that were added to them. */
export function graphView(plan: string, revision: Revision): GraphView {
  const declared = revision.tasks.flatMap((task) =>
    task.dependsOn.map((from) => ({ from, to: task.id, reason: 'declared' as const })),
  );
  return { plan, ...revision, edges: [...declared, ...revision.edges] };
}

export type Changes = { plan?: PlanView; tasks: TaskView[]; cursor: number; next?: string };

/** What changed at or after `since`, oldest first, with some that were answered before: deduplicate by item and version. */
export async function readChanges(
  deps: EngineDeps,
  id: string,
  query: { since: number; limit: number; cursor?: string },
): Promise<Changes> {
  const plan = await requirePlan(deps, id);
  const now = deps.clock.now();
  // The index may be late, and whoever writes may stand still after it took the time: what changed shortly before the cursor
  // is answered again, and known by its version.
  const from = Math.max(0, query.since - HANDLER_SPAN_MS);
  const page = await deps.table.index('changes', runChanges(id, plan.state.run), {
    from,
    limit: query.limit,
    after: query.cursor,
  });
  const tasks = page.items.map(readTask);
  const isFirst = query.cursor === undefined;
  const changed = isFirst && (query.since === 0 || plan.state.last.at >= from);
  const view = changed
    ? planView(plan, { now, pauses: await loadPauses(deps.table, now) })
    : undefined;
  return {
    plan: view,
    tasks: tasks.map((task) => taskView(task)),
    cursor: Math.max(query.since, now),
    next: page.next,
  };
}

export async function listTaskViews(
  deps: EngineDeps,
  id: string,
  query: { limit: number; cursor?: string },
): Promise<{ items: TaskView[]; next?: string }> {
  const plan = await requirePlan(deps, id);
  const page = await deps.table.index('changes', runChanges(id, plan.state.run), {
    limit: query.limit,
    after: query.cursor,
  });
  const tasks = page.items.map(readTask);
  const views = await inParallel(tasks, 8, async (task) => {
    const detail = await loadDetail(deps.table, taskKeyOf(task.state));
    return taskView(task, waitsOf(task, detail?.dependsOn ?? []));
  });
  return { items: views.toSorted((a, b) => a.ordinal - b.ordinal), next: page.next };
}

function waitsOf(
  task: StoredTask,
  parents: readonly { id: string; ordinal: number }[],
): { dependsOn: string[]; waitsOn: string[] } {
  const waiting = new Set(task.waits);
  return {
    dependsOn: parents.map((parent) => parent.id),
    waitsOn: parents.filter((parent) => waiting.has(parent.ordinal)).map((parent) => parent.id),
  };
}

export async function readTaskView(
  deps: EngineDeps,
  id: string,
  task: string,
): Promise<TaskView & { description: string; criteria: string[]; scope: string[] }> {
  const stored = await requireTask(deps, id, task);
  const key = taskKeyOf(stored.state);
  const detail = await loadDetail(deps.table, key);
  const result =
    stored.state.accepted === undefined
      ? undefined
      : await loadResult(deps.table, { ...key, n: stored.state.accepted.attempt });
  const view = taskView(stored, waitsOf(stored, detail?.dependsOn ?? []));
  const evidence = result?.outcome === 'done' ? result.evidence : undefined;
  return {
    ...view,
    evidence,
    description: detail?.spec.description ?? '',
    criteria: detail?.spec.criteria ?? [],
    scope: detail?.spec.scope ?? [],
  };
}

export async function readHistory(
  deps: EngineDeps,
  id: string,
  task: string,
): Promise<Transition[]> {
  const stored = await requireTask(deps, id, task);
  const kept = await loadHistory(deps.table, stored.state);
  // What is put apart twice, or while this was read, is there twice.
  const all = [...kept, ...stored.past, stored.state.last];
  return [...new Map(all.map((one) => [one.version, one])).values()];
}

export async function readTranscript(
  deps: EngineDeps,
  id: string,
  task: string,
  query: { attempt?: number; after: number; limit: number },
): Promise<TranscriptChunk[]> {
  const stored = await requireTask(deps, id, task);
  const n = query.attempt ?? stored.state.attempt;
  if (n === 0) return [];
  return loadTranscript(deps.table, { ...taskKeyOf(stored.state), n }, query.after, query.limit);
}

export async function readDiff(
  deps: EngineDeps,
  id: string,
  task: string,
): Promise<{
  files: { path: string; status: string; additions: number; deletions: number }[];
  base: string;
  head: string;
}> {
  const { state } = await requireTask(deps, id, task);
  const commit = state.accepted?.commit ?? state.checkpoint;
  const plan = await loadPlan(deps.table, id);
  if (commit === undefined || plan === undefined) return { files: [], base: '', head: '' };
  const forge = forgeOf(deps, plan.state, state.repo);
  const base =
    state.proof?.root ??
    (await forge.branchHead(state.repo, baseOf(deps, plan.state, state))) ??
    repositoryOf(plan.state, state.repo).baseSha;
  const compared = await forge.compare(state.repo, base, commit);
  return { files: compared.files, base, head: commit };
}
