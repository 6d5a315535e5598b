import { AppError } from '../base/app-error.ts';
import { planOptionsSchema } from '../contract/plan.ts';
import { NO_USAGE } from '../task-state/task-state.ts';
import type { BaseState, PlanRepository, PlanState } from './plan-state.ts';
import { EMPTY_ACTIVATION } from './plan-state.ts';

// Base checks. A base check is a hidden plan that verifies one commit of a repository for all plans that start from this commit. Its
// id follows from the commit and the commands, so plans with the same base share one check.

/** Id of the only task of a base check. */
export const BASE_TASK = 'base';

/** Returns the verification of the repository's base commit; undefined if no check is known for exactly this commit. */
export function findBaseState(
  plan: PlanState,
  { name, baseSha }: Pick<PlanRepository, 'name' | 'baseSha'>,
): BaseState | undefined {
  return plan.base?.find(({ repo, commit }) => repo === name && commit === baseSha);
}

/**
 * Returns the base checks that keep the tasks of the plan from starting: checks without an end and red checks, unless a person
 * accepted the base commit. A check of an earlier base commit also counts, because the check of the new commit is still missing.
 */
export function listBlockingBases(plan: PlanState): BaseState[] {
  if (plan.options.allowRedBase || plan.purpose === 'base') return [];
  return (plan.base ?? []).filter((entry) => {
    const isOutdated = plan.repositories.some(
      ({ name, baseSha }) => name === entry.repo && baseSha !== entry.commit,
    );
    if (isOutdated) return true;
    return entry.accepted !== true && (entry.status === 'checking' || entry.status === 'red');
  });
}

/** Returns true if the checks of the base commits allow tasks to start. */
export function isReleasable(plan: PlanState): boolean {
  return listBlockingBases(plan).length === 0;
}

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
    id,
    title: `Base check of ${name} at ${baseSha.slice(0, 12)}`,
    prompt: '',
    purpose: 'base',
    status: 'active',
    options: planOptionsSchema.parse({}),
    policy: 'auto',
    repositories: [repository],
    base: [{ repo: name, commit: baseSha, check: id, run: 1, status: 'checking' }],
    hasSubmittedGraph: true,
    run: 1,
    revision: 0,
    revisionTags: [],
    conditions: [],
    planning: { stage: 'done', consecutiveFailures: 0 },
    activation: EMPTY_ACTIVATION,
    finalTasks: [],
    pulls: [],
    stoppingRuns: [],
    pendingCleanups: [],
    usage: NO_USAGE,
    consecutiveEngineFailures: 0,
    createdBy: 'engine',
    createdAt: now,
    startedAt: now,
    last: { version: 1, at: now, from: 'none', to: 'active', event: 'created', actor: 'engine' },
  };
}

/** Returns the state of a base check as its own plan records the state. */
export function requireOwnBaseState(check: PlanState): BaseState {
  const entry = check.base?.[0];
  if (check.purpose !== 'base' || entry === undefined)
    throw new AppError('bug', 'not_a_base_check', `plan ${check.id} is not a base check`);
  return entry;
}
