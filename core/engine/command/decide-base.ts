import { AppError } from '../../base/app-error.ts';
import type { BaseDecision } from '../../contract/plan.ts';
import type { PlanRepository, PlanState } from '../../plan-state/plan-state.ts';
import { findBaseState, requireStatus } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { applyPlan, requirePlan } from '../apply/apply-transition.ts';
import { requestBaseCheck } from '../base-check/base-check.ts';
import type { PlanWriteDeps } from '../engine-deps.ts';

/**
 * Continues on a base commit that is not verified, or repeats its verification. Throws `plan_status`, or `base_not_red` if every
 * base commit is green or accepted.
 */
export async function decideBase(
  deps: PlanWriteDeps,
  id: string,
  decision: BaseDecision,
  actor: string,
): Promise<StoredPlan> {
  const { state } = requireWaitingPlan(await requirePlan(deps, id));
  if (decision === 'verify_again') return repeatChecks(deps, state, actor);
  const applied = await applyPlan(deps, id, { type: 'base_accepted' }, { actor });
  if (applied.kind === 'changed' || state.base?.some((entry) => entry.accepted === true))
    return applied.plan;
  throw createNotRedError(state);
}

function requireWaitingPlan(plan: StoredPlan): StoredPlan {
  requireStatus(
    plan.state,
    ['pending_approval', 'activating', 'active'],
    'a base commit can be decided only from the approval of the plan until its end',
  );
  return plan;
}

async function repeatChecks(
  deps: PlanWriteDeps,
  plan: PlanState,
  actor: string,
): Promise<StoredPlan> {
  const repositories = plan.repositories.filter((repository) => isRepeatable(plan, repository));
  if (repositories.length === 0) throw createNotRedError(plan);
  let latest: StoredPlan | undefined;
  for (const repository of repositories) {
    const result = await requestBaseCheck(deps, plan.id, repository, { shouldRepeat: true });
    latest = (await applyPlan(deps, plan.id, { type: 'base_checked', result }, { actor })).plan;
  }
  return latest ?? requirePlan(deps, plan.id);
}

/** Returns true for a check without a green result; a repeated request finds the check running again. */
function isRepeatable(plan: PlanState, repository: PlanRepository): boolean {
  const entry = findBaseState(plan, repository);
  return entry !== undefined && entry.status !== 'green';
}

function createNotRedError({ id }: PlanState): AppError {
  return new AppError(
    'conflict',
    'base_not_red',
    `plan ${id} does not wait for its base commit: the verification of the base commit is green or not needed`,
  );
}
