import { AppError } from '../base/app-error.ts';
import type { PlanStatus } from '../contract/plan-status.ts';
import type { PlanRepository, PlanState } from './plan-state.ts';
import { isRunning } from './plan-state.ts';

// Preconditions of commands. Each guard returns the entity that it checked, or throws one AppError that names the next step.

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

/** Throws `plan_status` with `explanation` unless the plan has one of the statuses. */
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

/** Throws `plan_run` unless `run` is the current run, or the run before a restart that was requested already. */
export function requireCurrentRun(plan: PlanState, run: number): PlanState {
  if (plan.run === run) return plan;
  const message = `plan ${plan.id} is in run ${plan.run}, not ${run}; look at that run, then restart it`;
  throw new AppError('conflict', 'plan_run', message, { details: { run: plan.run } });
}

/** Returns the repository of that name, or the plan's first. Throws `plan_without_repository` when the plan has none. */
export function requirePlanRepository(plan: PlanState, name: string): PlanRepository {
  const repository =
    plan.repositories.find((candidate) => candidate.name === name) ?? plan.repositories[0];
  if (repository === undefined)
    throw new AppError('bug', 'plan_without_repository', `plan ${plan.id} has no repository`);
  return repository;
}
