import type { CreatePlan } from '../../contract/plan.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { applyPlan } from '../apply/apply-transition.ts';
import type { PlanWriteDeps } from '../engine-deps.ts';

/** Changes the budget of a plan. Tasks that the old budget held back start if the new budget is large enough. */
export async function changeBudget(
  deps: PlanWriteDeps,
  id: string,
  budget: CreatePlan['budget'],
  actor: string,
): Promise<StoredPlan> {
  return (await applyPlan(deps, id, { type: 'budget_changed', budget }, { actor })).plan;
}
