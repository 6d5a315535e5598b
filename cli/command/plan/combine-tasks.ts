import type { TaskSpec } from '../../../core/contract/task.ts';
import { createUsageError } from '../../cli-error.ts';

// Bounds of the title and the estimate in the contract.
const MAX_TITLE_CHARS = 120;
const MAX_ESTIMATE_MINUTES = 1440;

/**
 * Combines several tasks into a task that does all of their work. The result has no `limits`, so that the limits of its attempts
 * (minutes, tokens, cost) are the defaults. The server makes the dependents of the old tasks depend on the new task.
 */
export function combineTasks(tasks: readonly TaskSpec[]): Omit<TaskSpec, 'limits'> {
  const firstTask = tasks[0];
  if (firstTask === undefined) throw createUsageError('there are no tasks to merge');
  const repos = new Set(tasks.map((task) => task.repo));
  if (repos.size > 1) {
    throw createUsageError(
      `tasks of different repositories cannot be merged: ${[...repos].join(', ')}`,
    );
  }
  const mergedIds = new Set(tasks.map((task) => task.id));
  const titles = tasks.map((task) => task.title).filter((title) => title !== '');
  const dependencies = removeDuplicates(tasks.flatMap((task) => task.dependsOn)).filter(
    (id) => !mergedIds.has(id),
  );
  return {
    id: firstTask.id,
    title: titles.join(' + ').slice(0, MAX_TITLE_CHARS),
    description: tasks.map((task) => task.description).join('\n\n'),
    dependsOn: dependencies,
    scope: removeDuplicates(tasks.flatMap((task) => task.scope)),
    criteria: removeDuplicates(tasks.flatMap((task) => task.criteria)),
    tier: tasks.some((task) => task.tier === 'heavy') ? 'heavy' : firstTask.tier,
    repo: firstTask.repo,
    estimate: Math.min(
      MAX_ESTIMATE_MINUTES,
      tasks.reduce((sum, task) => sum + task.estimate, 0),
    ),
    interactive: tasks.some((task) => task.interactive),
  };
}

function removeDuplicates(values: readonly string[]): string[] {
  return [...new Set(values)];
}
