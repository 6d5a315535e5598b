import { AppError } from '../base/app-error.ts';
import type { PlanStatus } from '../contract/plan-status.ts';
import type { PlanRepository, PlanState } from './plan-state.ts';
import { isRunning } from './plan-state.ts';

// Preconditions of commands. A guard returns the checked value or throws an AppError with the next step.

/** Throws `plan_status` unless the plan waits for approval. `action` completes "can be ...". */
export function requirePendingApproval(
  plan: PlanState,
  action: 'edited' | 'approved' | 'rejected',
): PlanState {
  return requireStatus(
    plan,
    ['pending_approval'],
    `a plan can be ${action} only while it waits for approval`,
  );
}

/** Throws `plan_status` with `explanation` if the status of the plan is not in `statuses`. */
export function requireStatus(
  plan: PlanState,
  statuses: readonly PlanStatus[],
  explanation: string,
): PlanState {
  if (statuses.includes(plan.status)) return plan;
  throw new AppError(
    'conflict',
    'plan_status',
    `plan ${plan.id} is ${plan.status}: ${explanation}`,
    { details: { status: plan.status } },
  );
}

/** Throws `plan_status` unless tasks of the current run may continue. */
export function requireRunning(plan: PlanState): PlanState {
  if (isRunning(plan, plan.run)) return plan;
  const message = `plan ${plan.id} is ${plan.status}, so its tasks accept no commands; restart the plan first`;
  const details = { plan: plan.id, status: plan.status, action: 'restart' };
  throw new AppError('conflict', 'plan_status', message, { details });
}

/** Throws `plan_run` unless `run` is the current run. */
export function requireCurrentRun(plan: PlanState, run: number): PlanState {
  if (plan.run === run) return plan;
  const message = `plan ${plan.id} is in run ${plan.run}, not in run ${run}; read the plan again and restart run ${plan.run}`;
  throw new AppError('conflict', 'plan_run', message, { details: { run: plan.run } });
}

/** Returns the repository with this name, else the first repository. Throws `plan_without_repository` for a plan without repositories. */
export function requirePlanRepository(plan: PlanState, name: string): PlanRepository {
  const repository =
    plan.repositories.find((candidate) => candidate.name === name) ?? plan.repositories[0];
  if (repository === undefined)
    throw new AppError('bug', 'plan_without_repository', `plan ${plan.id} has no repository`);
  return repository;
}
