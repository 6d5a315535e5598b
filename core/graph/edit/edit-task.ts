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

export function addTask(draft: GraphDraft, task: TaskSpec): GraphProblem | undefined {
  if (draft.tasks.has(task.id)) return createDuplicateIdProblem(task.id);
  draft.tasks.set(task.id, task);
  draft.order.push(task.id);
  return undefined;
}

export function changeTask(draft: GraphDraft, edit: ChangeTask): GraphProblem | undefined {
  const { op: _, task: id, addCriteria = [], ...fields } = edit;
  const task = draft.tasks.get(id);
  if (task === undefined) return createUnknownTaskProblem(draft, id);
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  const changed: TaskSpec = { ...task, ...Object.fromEntries(given) };
  draft.tasks.set(id, { ...changed, criteria: uniteLists([changed.criteria, addCriteria]) });
  return undefined;
}

/** Its dependents wait on its dependencies instead; what is new by that is added to `relinked`. */
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
 * Whoever waited on the task waits on all parts. A part waits on those parts that it names, and on the tasks outside that it
 * names, or when it names none, on what the task waited on. Without a repository of its own it stays in the task's.
 */
export function splitTask(
  draft: GraphDraft,
  id: string,
  into: readonly TaskSpec[],
): GraphProblem | undefined {
  const whole = draft.tasks.get(id);
  if (whole === undefined) return createUnknownTaskProblem(draft, id);
  const ids = new Set(into.map((part) => part.id));
  if (ids.size < into.length) {
    return createEditProblem('duplicate_id', id, `two parts of ${quoteText(id)} have the same id`);
  }
  const taken = [...ids].find((part) => part !== id && draft.tasks.has(part));
  if (taken !== undefined) return createDuplicateIdProblem(taken);
  const parts = into.map((part) => {
    const inside = part.dependsOn.filter((other) => ids.has(other));
    const outside = part.dependsOn.filter((other) => !ids.has(other));
    const dependsOn = uniteLists([outside.length > 0 ? outside : whole.dependsOn, inside]);
    return { ...part, dependsOn, repo: part.repo || whole.repo };
  });
  draft.tasks.delete(id);
  replaceDependencies(draft, new Set([id]), [...ids]);
  replaceTasks(draft, new Set([id]), parts);
  return undefined;
}

/** Dependencies, scope and criteria are those of all, unless `into` has its own. It takes the place of the first. */
export function mergeTasks(
  draft: GraphDraft,
  tasks: readonly string[],
  into: TaskSpec,
): GraphProblem | undefined {
  const unknown = tasks.find((id) => !draft.tasks.has(id));
  if (unknown !== undefined) return createUnknownTaskProblem(draft, unknown);
  const ids = new Set(tasks);
  if (ids.size < 2) {
    return createEditProblem(
      'nothing_to_merge',
      into.id,
      'name at least two different tasks to merge',
    );
  }
  if (draft.tasks.has(into.id) && !ids.has(into.id)) return createDuplicateIdProblem(into.id);
  const members = draft.order
    .filter((id) => ids.has(id))
    .map((id) => draft.tasks.get(id))
    .filter((task) => task !== undefined);
  const repos = [...new Set(members.map((task) => task.repo))];
  if (into.repo === '' && repos.length > 1) {
    const message = `the tasks belong to different repositories (${quoteList(repos)}); say in the merged task which it is for`;
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
  const given = into.dependsOn.length > 0;
  const dependsOn = given ? into.dependsOn : uniteLists(members.map((task) => task.dependsOn));
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
    const way = findPath(draft, merged.id, id);
    if (way === undefined) continue;
    const message = `the merged task ${quoteText(merged.id)} would wait on itself: ${quoteCycle(way)}; merge the tasks between as well, or remove a dependency`;
    return createEditProblem('cycle', merged.id, message);
  }
  return undefined;
}
