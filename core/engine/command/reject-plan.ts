import { requireStatus } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { applyPlan } from '../apply/apply-transition.ts';
import type { PlanWriteDeps } from '../engine-deps.ts';

/** Rejects a plan in `pending_approval`. A repeated rejection changes nothing. */
export async function rejectPlan(
  deps: PlanWriteDeps,
  id: string,
  reason: string,
  actor: string,
): Promise<StoredPlan> {
  const { kind, plan } = await applyPlan(deps, id, { type: 'rejected', reason }, { actor });
  if (kind === 'noop')
    requireStatus(
      plan.state,
      ['rejected'],
      'a plan can be rejected only while it waits for approval',
    );
  return plan;
}
