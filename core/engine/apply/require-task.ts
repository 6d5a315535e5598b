import { AppError } from '../../base/app-error.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { loadTask } from '../../store/task-store.ts';
import type { StoreDeps } from '../engine-deps.ts';
import { requirePlan } from './apply-plan.ts';

/** Returns a task of the plan's current run, or throws `plan_unknown` or `task_unknown`. */
export async function requireTask(
  deps: StoreDeps,
  plan: string,
  task: string,
): Promise<StoredTask> {
  const { state } = await requirePlan(deps, plan);
  const stored = await loadTask(deps.table, { plan, run: state.run, task });
  if (stored === undefined)
    throw new AppError(
      'notFound',
      'task_unknown',
      `plan ${plan} has no task ${task} in its run ${state.run}`,
    );
  return stored;
}
