import { requireStatus } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { applyPlan } from '../apply/apply-transition.ts';
import type { PlanWriteDeps } from '../engine-deps.ts';

/** Cancels a plan: the attempts end, the pull requests are closed, and the branches are deleted some days later. */
export async function cancelPlan(
  deps: PlanWriteDeps,
  id: string,
  reason: string,
  actor: string,
): Promise<StoredPlan> {
  const { kind, plan } = await applyPlan(deps, id, { type: 'cancelled', reason }, { actor });
  if (kind === 'noop') requireStatus(plan.state, ['cancelled'], 'the plan has ended already');
  return plan;
}
