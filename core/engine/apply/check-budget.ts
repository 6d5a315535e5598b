import { findBudgetEvent } from '../../plan-state/plan-budget.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import type { PlanWriteDeps } from '../engine-deps.ts';
import { applyPlan } from './apply-plan.ts';

/** Records that the plan has crossed 80 % or 100 % of its budget. Returns whether the plan has changed. */
export async function checkBudget(deps: PlanWriteDeps, plan: StoredPlan): Promise<boolean> {
  const event = findBudgetEvent(plan);
  if (event === undefined) return false;
  const applied = await applyPlan(deps, plan.state.id, event, { actor: 'engine' });
  return applied.kind === 'changed';
}
