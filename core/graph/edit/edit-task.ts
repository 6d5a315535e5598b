import type { Edit } from '../../contract/plan.ts';
import type { Edge, TaskSpec } from '../../contract/task.ts';
import type { GraphProblem } from '../check/graph-problem.ts';
import { quoteCycle, quoteList, quoteText } from '../check/graph-problem.ts';
import type { GraphDraft } from './graph-draft.ts';
import {
  createDuplicateIdProblem,
  createEditProblem,
  createUnknownTaskProblem,
  findPath,
  replaceDependencies,
  replaceTasks,
  uniteLists,
} from './graph-draft.ts';

type ChangeTask = Extract<Edit, { readonly op: 'change_task' }>;

/** Adds a task at the end of the list. */
export function addTask(draft: GraphDraft, task: TaskSpec): GraphProblem | undefined {
  if (draft.tasks.has(task.id)) return createDuplicateIdProblem(task.id);
  draft.tasks.set(task.id, task);
  draft.order.push(task.id);
  return undefined;
}

/** Replaces the given fields of a task; `addCriteria` extends its criteria. */
export function changeTask(draft: GraphDraft, edit: ChangeTask): GraphProblem | undefined {
  const { op: _, task: id, addCriteria = [], ...fields } = edit;
  const task = draft.tasks.get(id);
  if (task === undefined) return createUnknownTaskProblem(draft, id);
  const givenFields = Object.entries(fields).filter(([, value]) => value !== undefined);
  const changed: TaskSpec = { ...task, ...Object.fromEntries(givenFields) };
  draft.tasks.set(id, { ...changed, criteria: uniteLists([changed.criteria, addCriteria]) });
  return undefined;
}

/** Removes a task and adds its dependencies to its dependents; each added dependency is recorded in `relinked`. */
export function removeTask(
  draft: GraphDraft,
  id: string,
  relinked: Edge[],
): GraphProblem | undefined {
  const removed = draft.tasks.get(id);
  if (removed === undefined) return createUnknownTaskProblem(draft, id);
  for (const task of draft.tasks.values()) {
    if (!task.dependsOn.includes(id)) continue;
    for (const from of removed.dependsOn) {
      if (!task.dependsOn.includes(from)) relinked.push({ from, to: task.id, reason: 'relinked' });
    }
  }
  replaceTasks(draft, new Set([id]), []);
  replaceDependencies(draft, new Set([id]), removed.dependsOn);
  return undefined;
}

/**
 * Replaces a task by its parts. Dependents of the task depend on all parts. A part without dependencies outside the
 * split inherits the dependencies of the task, and a part without a repository inherits the repository.
 */
export function splitTask(
  draft: GraphDraft,
  id: string,
  into: readonly TaskSpec[],
): GraphProblem | undefined {
  const original = draft.tasks.get(id);
  if (original === undefined) return createUnknownTaskProblem(draft, id);
  const ids = new Set(into.map((part) => part.id));
  if (ids.size < into.length) {
    return createEditProblem(
      'duplicate_id',
      id,
      `two parts of task ${quoteText(id)} have the same id; give each part its own id`,
    );
  }
  const takenId = [...ids].find((partId) => partId !== id && draft.tasks.has(partId));
  if (takenId !== undefined) return createDuplicateIdProblem(takenId);
  const parts = into.map((part) => {
    const inside = part.dependsOn.filter((dependency) => ids.has(dependency));
    const outside = part.dependsOn.filter((dependency) => !ids.has(dependency));
    const dependsOn = uniteLists([outside.length > 0 ? outside : original.dependsOn, inside]);
    return { ...part, dependsOn, repo: part.repo || original.repo };
  });
  draft.tasks.delete(id);
  replaceDependencies(draft, new Set([id]), [...ids]);
  replaceTasks(draft, new Set([id]), parts);
  return undefined;
}

/**
 * Replaces `tasks` by the task `into`, at the place of the first replaced task. If `into` has no dependencies, scope or criteria,
 * it gets the union of the lists of the replaced tasks.
 */
export function mergeTasks(
  draft: GraphDraft,
  tasks: readonly string[],
  into: TaskSpec,
): GraphProblem | undefined {
  const unknownId = tasks.find((id) => !draft.tasks.has(id));
  if (unknownId !== undefined) return createUnknownTaskProblem(draft, unknownId);
  const ids = new Set(tasks);
  if (ids.size < 2) {
    return createEditProblem(
      'nothing_to_merge',
      into.id,
      'a merge needs at least two different tasks; name another task',
    );
  }
  if (draft.tasks.has(into.id) && !ids.has(into.id)) return createDuplicateIdProblem(into.id);
  const members = draft.order
    .filter((id) => ids.has(id))
    .map((id) => draft.tasks.get(id))
    .filter((task) => task !== undefined);
  const repos = [...new Set(members.map((task) => task.repo))];
  if (into.repo === '' && repos.length > 1) {
    const message = `the tasks belong to different repositories (${quoteList(repos)}); name one of them as the repository of the merged task`;
    return createEditProblem('repositories_differ', into.id, message);
  }
  const merged = { ...uniteTasks(members, into, ids), repo: into.repo || (repos[0] ?? '') };
  replaceTasks(draft, ids, [merged]);
  replaceDependencies(draft, ids, [into.id]);
  return findMergeCycle(draft, merged);
}

function uniteTasks(
  members: readonly TaskSpec[],
  into: TaskSpec,
  ids: ReadonlySet<string>,
): TaskSpec {
  const hasOwnDependencies = into.dependsOn.length > 0;
  const dependsOn = hasOwnDependencies
    ? into.dependsOn
    : uniteLists(members.map((task) => task.dependsOn));
  return {
    ...into,
    dependsOn: dependsOn.filter((id) => !ids.has(id)),
    scope: into.scope.length > 0 ? into.scope : uniteLists(members.map((task) => task.scope)),
    criteria:
      into.criteria.length > 0 ? into.criteria : uniteLists(members.map((task) => task.criteria)),
  };
}

function findMergeCycle(draft: GraphDraft, merged: TaskSpec): GraphProblem | undefined {
  for (const id of merged.dependsOn) {
    const path = findPath(draft, merged.id, id);
    if (path === undefined) continue;
    const message = `the merged task ${quoteText(merged.id)} would depend on itself: ${quoteCycle(path)}; also merge the other tasks of this cycle, or remove a dependency`;
    return createEditProblem('cycle', merged.id, message);
  }
  return undefined;
}
