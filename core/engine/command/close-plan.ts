import { requireStatus } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { applyPlan } from '../apply/apply-transition.ts';
import type { PlanWriteDeps } from '../engine-deps.ts';

/**
 * Dismisses a plan that does not run: its open pull requests are closed, and its branches are deleted afterwards. A repeated
 * request changes nothing.
 */
export async function closePlan(
  deps: PlanWriteDeps,
  id: string,
  reason: string,
  actor: string,
): Promise<StoredPlan> {
  const { kind, plan } = await applyPlan(deps, id, { type: 'closed', reason }, { actor });
  if (kind === 'noop') requireStatus(plan.state, ['closed'], 'cancel the plan first');
  return plan;
}
