import type { TaskSpec } from '../../contract/task.ts';
import type { GraphProblem } from '../check/graph-problem.ts';
import { quoteList, quoteText } from '../check/graph-problem.ts';

/** The tasks while they are edited: a working copy of the caller's own. An edit answers with the problem that stops it. */
export type GraphDraft = {
  /** Ids in the order in which the tasks are listed. */
  order: string[];
  readonly tasks: Map<string, TaskSpec>;
};

export function createDraft(tasks: readonly TaskSpec[]): GraphDraft {
  return {
    order: tasks.map((task) => task.id),
    tasks: new Map(tasks.map((task) => [task.id, task])),
  };
}

export function listTasks(draft: GraphDraft): TaskSpec[] {
  return draft.order.map((id) => draft.tasks.get(id)).filter((task) => task !== undefined);
}

/** Puts `by` where the first of `ids` was. */
export function replaceTasks(
  draft: GraphDraft,
  ids: ReadonlySet<string>,
  by: readonly TaskSpec[],
): void {
  const first = draft.order.findIndex((id) => ids.has(id));
  const before = draft.order.slice(0, first);
  const after = draft.order.slice(first).filter((id) => !ids.has(id));
  for (const id of ids) draft.tasks.delete(id);
  for (const task of by) draft.tasks.set(task.id, task);
  draft.order = [...before, ...by.map((task) => task.id), ...after];
}

/** Whoever waits on one of `ids` waits on all of `by` instead. */
export function replaceDependencies(
  draft: GraphDraft,
  ids: ReadonlySet<string>,
  by: readonly string[],
): void {
  for (const task of draft.tasks.values()) {
    if (!task.dependsOn.some((id) => ids.has(id))) continue;
    const dependsOn = uniteLists(task.dependsOn.map((id) => (ids.has(id) ? by : [id])));
    draft.tasks.set(task.id, { ...task, dependsOn });
  }
}

/** Ids from `start` to `goal`, each waiting on the one before; undefined when there is no way. */
export function findPath(draft: GraphDraft, start: string, goal: string): string[] | undefined {
  const waiter = new Map<string, string>();
  const queue = [goal];
  for (const id of queue) {
    if (id === start) return tracePath(waiter, start, goal);
    for (const other of draft.tasks.get(id)?.dependsOn ?? []) {
      if (other === goal || waiter.has(other)) continue;
      waiter.set(other, id);
      queue.push(other);
    }
  }
  return undefined;
}

function tracePath(waiter: ReadonlyMap<string, string>, start: string, goal: string): string[] {
  const way = [start];
  for (let id = start; id !== goal; way.push(id)) id = waiter.get(id) ?? goal;
  return way;
}

export function uniteLists(lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())];
}

export function createUnknownTaskProblem(draft: GraphDraft, id: string): GraphProblem {
  const message = `there is no task ${quoteText(id)}; the tasks are ${quoteList(draft.order)}`;
  return createEditProblem('unknown_task', id, message);
}

export function createDuplicateIdProblem(id: string): GraphProblem {
  return createEditProblem(
    'duplicate_id',
    id,
    `there is a task ${quoteText(id)} already; choose another id`,
  );
}

export function createEditProblem(code: string, task: string, message: string): GraphProblem {
  return { code, task, message, severity: 'error' };
}
