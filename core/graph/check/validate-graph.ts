import type { TaskSpec } from '../../contract/task.ts';
import { checkScope } from './check-scope.ts';
import { checkStructure } from './check-structure.ts';
import { checkText } from './check-text.ts';
import type { GraphProblem } from './graph-problem.ts';
import { quoteList, quoteText } from './graph-problem.ts';

/** Facts about the plan, needed to validate its graph. */
export type ValidationContext = {
  /** Names of the plan's repositories; a task without `repo` belongs to the first repository. */
  readonly repositories: readonly string[];
  /** Author of the graph. Some problems are warnings for a person and errors for a model, which must then answer again. */
  readonly source: 'model' | 'person';
  /** Upper bound of tasks; callers allow 60 for a model and 10,000 for a person. */
  readonly maxTasks: number;
};

/** Returns all problems of a graph: first of the whole graph, then task by task. A graph without errors can run. */
export function validateGraph(
  tasks: readonly TaskSpec[],
  context: ValidationContext,
): GraphProblem[] {
  const problems = [...checkTaskCount(tasks, context), ...checkStructure(tasks)];
  for (const task of tasks) {
    problems.push(
      ...checkRepository(task, context),
      ...checkText(task, context.source),
      ...checkScope(task, context.source),
    );
  }
  return problems;
}

function checkTaskCount(tasks: readonly TaskSpec[], context: ValidationContext): GraphProblem[] {
  if (tasks.length <= context.maxTasks) return [];
  const advice = context.source === 'model' ? 'merge small tasks' : 'divide it into several plans';
  const message = `the graph has ${tasks.length} tasks, more than the limit of ${context.maxTasks}; ${advice}`;
  return [{ code: 'too_many_tasks', message, severity: 'error' }];
}

function checkRepository(task: TaskSpec, context: ValidationContext): GraphProblem[] {
  if (task.repo === '' || context.repositories.includes(task.repo)) return [];
  const message = `task ${quoteText(task.id)} names the repository ${quoteText(task.repo)}, which does not belong to the plan; the plan has ${quoteList(context.repositories)}`;
  return [{ code: 'unknown_repository', task: task.id, message, severity: 'error' }];
}
