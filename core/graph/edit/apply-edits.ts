import type { Edit } from '../../contract/plan.ts';
import type { Edge, TaskSpec } from '../../contract/task.ts';
import { taskSpecSchema } from '../../contract/task.ts';
import { checkScope } from '../check/check-scope.ts';
import { checkStructure } from '../check/check-structure.ts';
import type { GraphProblem } from '../check/graph-problem.ts';
import { quoteText } from '../check/graph-problem.ts';
import { addEdge, removeEdge } from './edit-edge.ts';
import { addTask, changeTask, mergeTasks, removeTask, splitTask } from './edit-task.ts';
import type { GraphDraft } from './graph-draft.ts';
import { createDraft, listTasks } from './graph-draft.ts';

/**
 * The edited tasks, or the problems that prevent the edits. `relinked` lists the dependencies that a removed task passed to its
 * dependents.
 */
export type EditResult =
  | { readonly tasks: TaskSpec[]; readonly relinked: Edge[] }
  | { readonly problems: GraphProblem[] };

/**
 * Applies edits in order, all or none, without changing the given tasks. The problem of an impossible edit names the number
 * of the edit, counted from 1. Dependencies are checked after the last edit, so a task may depend on a task of a later edit.
 */
export function applyEdits(tasks: readonly TaskSpec[], edits: readonly Edit[]): EditResult {
  const draft = createDraft(tasks);
  if (draft.tasks.size < tasks.length) return { problems: checkStructure(tasks) };
  const relinked: Edge[] = [];
  for (const [index, edit] of edits.entries()) {
    const problem = applyEdit(draft, edit, relinked);
    if (problem === undefined) continue;
    const message = `edit ${index + 1} (${edit.op}): ${problem.message}`;
    return { problems: [{ ...problem, message }] };
  }
  const edited = listTasks(draft);
  const originals = new Set(tasks);
  const changed = edited.filter((task) => !originals.has(task));
  const problems = [...checkStructure(edited), ...changed.flatMap(checkEditedTask)];
  if (problems.length > 0) return { problems };
  return { tasks: edited, relinked: filterPresentEdges(draft, relinked) };
}

function applyEdit(draft: GraphDraft, edit: Edit, relinked: Edge[]): GraphProblem | undefined {
  switch (edit.op) {
    case 'add_task':
      return addTask(draft, edit.task);
    case 'change_task':
      return changeTask(draft, edit);
    case 'remove_task':
      return removeTask(draft, edit.task, relinked);
    case 'add_edge':
      return addEdge(draft, edit.from, edit.to);
    case 'remove_edge':
      return removeEdge(draft, edit.from, edit.to);
    case 'split_task':
      return splitTask(draft, edit.task, edit.into);
    case 'merge_tasks':
      return mergeTasks(draft, edit.tasks, edit.into);
    default: {
      const unknown: never = edit;
      throw new Error(`unknown edit ${JSON.stringify(unknown)}`);
    }
  }
}

function filterPresentEdges(draft: GraphDraft, edges: readonly Edge[]): Edge[] {
  const present = new Map<string, Edge>();
  for (const edge of edges) {
    if (!draft.tasks.get(edge.to)?.dependsOn.includes(edge.from)) continue;
    present.set(`${edge.from} ${edge.to}`, edge);
  }
  return [...present.values()];
}

/** Checks an edited task against the schema, because a merge of tasks can exceed the bounds of a task's lists. */
function checkEditedTask(task: TaskSpec): GraphProblem[] {
  const parsed = taskSpecSchema.safeParse(task);
  const malformed = (parsed.error?.issues ?? []).map((issue): GraphProblem => {
    const message = `${issue.path.join('.')} of task ${quoteText(task.id)}: ${issue.message}`;
    return { code: 'bad_task', task: task.id, message, severity: 'error' };
  });
  if (malformed.length > 0) return malformed;
  return checkScope(task, 'person').filter((problem) => problem.severity === 'error');
}
