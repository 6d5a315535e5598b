import type { Edit } from '../../core/contract/plan.ts';
import type { TaskSpec } from '../../core/contract/task.ts';

const EDITABLE_FIELDS = [
  'title',
  'description',
  'criteria',
  'scope',
  'tier',
  'repo',
  'estimate',
  'limits',
] as const;

/** The edits that turn one list of tasks into another. `interactive` cannot be edited and is left as it is. */
export function diffGraphs(before: readonly TaskSpec[], after: readonly TaskSpec[]): Edit[] {
  const old = new Map(before.map((task) => [task.id, task]));
  const kept = new Map(after.map((task) => [task.id, task]));
  const removed = before.filter((task) => !kept.has(task.id));
  const added = after.filter((task) => !old.has(task.id));
  const changed = after.flatMap((task) => {
    const earlier = old.get(task.id);
    return earlier === undefined ? [] : diffFields(earlier, task);
  });
  const edges = after.map((task) => diffEdges(old.get(task.id), task));
  // Edges go before others come, so that no cycle is seen in between; and before the tasks they lead to, since a removed
  // task's own dependencies would be taken over.
  return [
    ...edges.flatMap((edge) => edge.gone),
    ...sortByDependency(added).map((task): Edit => ({ op: 'add_task', task })),
    ...changed,
    ...edges.flatMap((edge) => edge.fresh),
    ...removed.map((task): Edit => ({ op: 'remove_task', task: task.id })),
  ];
}

function diffFields(before: TaskSpec, after: TaskSpec): Edit[] {
  const changes = EDITABLE_FIELDS.filter((name) => !isEqualJson(before[name], after[name]));
  if (changes.length === 0) return [];
  const fields = Object.fromEntries(changes.map((name) => [name, after[name]]));
  return [{ op: 'change_task', task: after.id, ...fields }];
}

function diffEdges(
  before: TaskSpec | undefined,
  after: TaskSpec,
): { readonly gone: Edit[]; readonly fresh: Edit[] } {
  if (before === undefined) return { gone: [], fresh: [] };
  const to = after.id;
  const gone = before.dependsOn.filter((id) => !after.dependsOn.includes(id));
  const fresh = after.dependsOn.filter((id) => !before.dependsOn.includes(id));
  return {
    gone: gone.map((from) => ({ op: 'remove_edge', from, to })),
    fresh: fresh.map((from) => ({ op: 'add_edge', from, to })),
  };
}

/** Each after those it depends on, so that every edit by itself leaves a whole graph. */
function sortByDependency(tasks: readonly TaskSpec[]): TaskSpec[] {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const placed = new Set<TaskSpec>();
  function place(task: TaskSpec, above: ReadonlySet<string>): void {
    if (placed.has(task) || above.has(task.id)) return;
    for (const id of task.dependsOn) {
      const dependency = byId.get(id);
      if (dependency !== undefined) place(dependency, new Set([...above, task.id]));
    }
    placed.add(task);
  }
  for (const task of tasks) place(task, new Set());
  return [...placed];
}

function isEqualJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
