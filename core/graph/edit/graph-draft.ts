import type { TaskSpec } from '../../contract/task.ts';
import type { GraphProblem } from '../check/graph-problem.ts';
import { quoteList, quoteText } from '../check/graph-problem.ts';

/** A working copy of the tasks. An edit changes the draft, or returns a problem if the edit is impossible. */
export type GraphDraft = {
  /** Ids in the order in which the tasks are listed. */
  order: string[];
  readonly tasks: Map<string, TaskSpec>;
};

/** Copies the tasks into a draft. */
export function createDraft(tasks: readonly TaskSpec[]): GraphDraft {
  return {
    order: tasks.map((task) => task.id),
    tasks: new Map(tasks.map((task) => [task.id, task])),
  };
}

/** Returns the tasks of a draft in list order. */
export function listTasks(draft: GraphDraft): TaskSpec[] {
  return draft.order.map((id) => draft.tasks.get(id)).filter((task) => task !== undefined);
}

/** Removes the tasks `ids` and inserts `replacements` at the place of the first removed task. */
export function replaceTasks(
  draft: GraphDraft,
  ids: ReadonlySet<string>,
  replacements: readonly TaskSpec[],
): void {
  const first = draft.order.findIndex((id) => ids.has(id));
  const before = draft.order.slice(0, first);
  const after = draft.order.slice(first).filter((id) => !ids.has(id));
  for (const id of ids) draft.tasks.delete(id);
  for (const task of replacements) draft.tasks.set(task.id, task);
  draft.order = [...before, ...replacements.map((task) => task.id), ...after];
}

/** Replaces dependencies on any of `ids` by dependencies on all of `replacements`. */
export function replaceDependencies(
  draft: GraphDraft,
  ids: ReadonlySet<string>,
  replacements: readonly string[],
): void {
  for (const task of draft.tasks.values()) {
    if (!task.dependsOn.some((id) => ids.has(id))) continue;
    const dependsOn = uniteLists(task.dependsOn.map((id) => (ids.has(id) ? replacements : [id])));
    draft.tasks.set(task.id, { ...task, dependsOn });
  }
}

/** Returns the ids from `start` to `goal`, where each task depends on the task before; undefined if no such path exists. */
export function findPath(draft: GraphDraft, start: string, goal: string): string[] | undefined {
  const dependentOf = new Map<string, string>();
  const queue = [goal];
  for (const id of queue) {
    if (id === start) return tracePath(dependentOf, start, goal);
    for (const dependency of draft.tasks.get(id)?.dependsOn ?? []) {
      if (dependency === goal || dependentOf.has(dependency)) continue;
      dependentOf.set(dependency, id);
      queue.push(dependency);
    }
  }
  return undefined;
}

function tracePath(
  dependentOf: ReadonlyMap<string, string>,
  start: string,
  goal: string,
): string[] {
  const path = [start];
  for (let id = start; id !== goal; path.push(id)) id = dependentOf.get(id) ?? goal;
  return path;
}

/** Concatenates lists without duplicates. */
export function uniteLists(lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())];
}

/** Creates the problem of an edit that names an unknown task. */
export function createUnknownTaskProblem(draft: GraphDraft, id: string): GraphProblem {
  const message = `the graph has no task ${quoteText(id)}; its tasks are ${quoteList(draft.order)}`;
  return createEditProblem('unknown_task', id, message);
}

/** Creates the problem of an edit that adds a task with the id of another task. */
export function createDuplicateIdProblem(id: string): GraphProblem {
  return createEditProblem(
    'duplicate_id',
    id,
    `the graph already has a task ${quoteText(id)}; choose another id`,
  );
}

/** Creates a problem of severity `error` about a task. */
export function createEditProblem(code: string, task: string, message: string): GraphProblem {
  return { code, task, message, severity: 'error' };
}
