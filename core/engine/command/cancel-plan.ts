import { requireStatus } from '../../plan-state/plan-guards.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { applyPlan } from '../apply/apply-plan.ts';
import type { PlanWriteDeps } from '../engine-deps.ts';

/** Stops a plan: its attempts end, its pull requests are closed, and its branches are kept for some days. */
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
