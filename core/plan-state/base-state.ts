import { AppError } from '../base/app-error.ts';
import { createBlankPlanState } from './create-plan-state.ts';
import type { BaseState, PlanRepository, PlanState } from './plan-state.ts';
import { findBaseState } from './plan-state.ts';

// Base checks. A base check is a hidden plan that verifies one commit of a repository for all plans that start from this commit. Its
// id follows from the commit and the commands, so plans with the same base share one check.

/** Id of the only task of a base check. */
export const BASE_TASK = 'base';

/** Returns the repositories whose base commit needs a check that the plan has not recorded. */
export function listUncheckedRepositories(plan: PlanState): PlanRepository[] {
  return plan.repositories.filter(
    (repository) =>
      plan.base?.some(({ repo }) => repo === repository.name) === true &&
      findBaseState(plan, repository) === undefined,
  );
}

/** Creates the hidden plan that verifies the base commit of the repository. `now` in epoch milliseconds. */
export function createBaseCheckState(
  id: string,
  repository: PlanRepository,
  now: number,
): PlanState {
  const { name, baseSha } = repository;
  return {
    ...createBlankPlanState({ id, actor: 'engine', now, status: 'active' }),
    title: `Base check of ${name} at ${baseSha.slice(0, 12)}`,
    purpose: 'base',
    repositories: [repository],
    base: [{ repo: name, commit: baseSha, check: id, run: 1, status: 'checking' }],
    hasSubmittedGraph: true,
    planning: { stage: 'done', consecutiveFailures: 0 },
    startedAt: now,
  };
}

/** Returns the state of a base check as its own plan records the state. */
export function requireOwnBaseState(check: PlanState): BaseState {
  const entry = check.base?.[0];
  if (check.purpose !== 'base' || entry === undefined)
    throw new AppError('bug', 'not_a_base_check', `plan ${check.id} is not a base check`);
  return entry;
}
