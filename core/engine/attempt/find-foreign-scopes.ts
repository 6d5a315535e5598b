import type { Assignment } from '../../contract/attempt.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import type { Table } from '../../port/table.ts';
import { loadRevision } from '../../store/plan-store.ts';
import { readTask } from '../../store/task-store.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { formatRunChangesHash } from '../../topology/table-keys.ts';

/** Maximum number of tasks of a plan whose scopes are compared, because the cost grows with the plan. */
const MAX_COMPARED_TASKS = 200;

/** Returns the scopes of unfinished tasks of the same repository that may run at the same time as this task. */
export async function findForeignScopes(
  deps: { readonly table: Table },
  plan: PlanState,
  state: TaskState,
): Promise<Assignment['foreignScopes']> {
  // A plan without a forecast is limited by its number of nodes, which include joins and ends.
  if (
    (plan.forecast?.tasks ?? 0) > MAX_COMPARED_TASKS ||
    plan.activation.total > MAX_COMPARED_TASKS * 2
  )
    return [];
  const approved = plan.approvedRevision ?? plan.revision;
  const revision = await loadRevision(
    deps.table,
    plan.id,
    approved,
    plan.revisionTags[approved - 1] ?? '',
  );
  if (revision === undefined || revision.tasks.length > MAX_COMPARED_TASKS) return [];
  const edges = [
    ...revision.edges,
    ...revision.tasks.flatMap((task) => task.dependsOn.map((from) => ({ from, to: task.id }))),
  ];
  const idsBeforeOrAfter = new Set([
    ...collectReachable(state.task, edges, 'from', 'to'),
    ...collectReachable(state.task, edges, 'to', 'from'),
  ]);
  const page = await deps.table.queryIndex('changes', formatRunChangesHash(plan.id, plan.run), {
    limit: MAX_COMPARED_TASKS + 100,
  });
  const finishedIds = new Set(
    page.items
      .map((item) => readTask(item).state)
      .filter((task) => task.status === 'merged' || task.status === 'cancelled')
      .map((task) => task.task),
  );
  const defaultRepo = plan.repositories[0]?.name ?? '';
  return revision.tasks
    .filter(
      (task) =>
        task.id !== state.task &&
        (task.repo || defaultRepo) === state.repo &&
        task.scope.length > 0 &&
        !idsBeforeOrAfter.has(task.id) &&
        !finishedIds.has(task.id),
    )
    .map((task) => ({ task: task.id, scope: task.scope }));
}

/** Collects the tasks after `start` (`near` is `from`, `far` is `to`), or the tasks before `start` (the other way round). */
function collectReachable(
  start: string,
  edges: readonly { readonly from: string; readonly to: string }[],
  near: 'from' | 'to',
  far: 'from' | 'to',
): Set<string> {
  const edgesByNearEnd = Map.groupBy(edges, (edge) => edge[near]);
  const seen = new Set<string>();
  const unvisited = [start];
  for (let id = unvisited.pop(); id !== undefined; id = unvisited.pop()) {
    for (const edge of edgesByNearEnd.get(id) ?? []) {
      if (seen.has(edge[far])) continue;
      seen.add(edge[far]);
      unvisited.push(edge[far]);
    }
  }
  return seen;
}
