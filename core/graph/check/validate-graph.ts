import type { TaskSpec } from '../../contract/task.ts';
import { checkScope } from './check-scope.ts';
import { checkStructure } from './check-structure.ts';
import { checkText } from './check-text.ts';
import type { GraphProblem } from './graph-problem.ts';
import { quoteList, quoteText } from './graph-problem.ts';

export type ValidationContext = {
  /** Names of the plan's repositories; a task without `repo` belongs to the first. */
  readonly repositories: readonly string[];
  /** A model's graph is held to more: what would be a warning for a person is an error, so that the model is asked again. */
  readonly source: 'model' | 'person';
  /** 60 for a model, 10,000 for a person. */
  readonly maxTasks: number;
};

/** Everything that is wrong with a graph, in the order of its tasks. Usable when there is no error among it. */
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
  const advice = context.source === 'model' ? 'merge small ones' : 'hand in several plans';
  const message = `the graph has ${tasks.length} tasks and may have ${context.maxTasks}; ${advice}`;
  return [{ code: 'too_many_tasks', message, severity: 'error' }];
}

function checkRepository(task: TaskSpec, context: ValidationContext): GraphProblem[] {
  if (task.repo === '' || context.repositories.includes(task.repo)) return [];
  const message = `${quoteText(task.id)} is for the repository ${quoteText(task.repo)}, which is not the plan's; the plan has ${quoteList(context.repositories)}`;
  return [{ code: 'unknown_repository', task: task.id, message, severity: 'error' }];
}
