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

/** Returns the edits that turn the tasks `before` into the tasks `after`. Ignores `interactive`, which no edit can change. */
export function diffGraphs(before: readonly TaskSpec[], after: readonly TaskSpec[]): Edit[] {
  const beforeById = new Map(before.map((task) => [task.id, task]));
  const afterIds = new Set(after.map((task) => task.id));
  const removedTasks = before.filter((task) => !afterIds.has(task.id));
  const addedTasks = after.filter((task) => !beforeById.has(task.id));
  const fieldEdits = after.flatMap((task) => {
    const earlier = beforeById.get(task.id);
    return earlier === undefined ? [] : diffFields(earlier, task);
  });
  const edgeEdits = after.map((task) => diffEdges(beforeById.get(task.id), task));
  // Old edges are removed before new edges are added, so that no intermediate graph has a cycle. Old edges are removed before
  // old tasks, because the dependents of a removed task take over its remaining dependencies.
  return [
    ...edgeEdits.flatMap(({ removed }) => removed),
    ...sortByDependency(addedTasks).map((task): Edit => ({ op: 'add_task', task })),
    ...fieldEdits,
    ...edgeEdits.flatMap(({ added }) => added),
    ...removedTasks.map((task): Edit => ({ op: 'remove_task', task: task.id })),
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
): { readonly removed: Edit[]; readonly added: Edit[] } {
  if (before === undefined) return { removed: [], added: [] };
  const to = after.id;
  const removed = before.dependsOn.filter((id) => !after.dependsOn.includes(id));
  const added = after.dependsOn.filter((id) => !before.dependsOn.includes(id));
  return {
    removed: removed.map((from) => ({ op: 'remove_edge', from, to })),
    added: added.map((from) => ({ op: 'add_edge', from, to })),
  };
}

/** Sorts tasks so that each follows its dependencies and every edit refers only to existing tasks. */
function sortByDependency(tasks: readonly TaskSpec[]): TaskSpec[] {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const sorted = new Set<TaskSpec>();
  // `pathIds` names the tasks on the path to `task`. In a cycle the search stops here; the server rejects the cycle.
  function addWithDependencies(task: TaskSpec, pathIds: ReadonlySet<string>): void {
    if (sorted.has(task) || pathIds.has(task.id)) return;
    for (const id of task.dependsOn) {
      const dependency = byId.get(id);
      if (dependency !== undefined) addWithDependencies(dependency, new Set([...pathIds, task.id]));
    }
    sorted.add(task);
  }
  for (const task of tasks) addWithDependencies(task, new Set());
  return [...sorted];
}

function isEqualJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
