import { requireCurrentRun, requireStatus } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { applyPlan } from '../apply/apply-plan.ts';
import type { PlanWriteDeps } from '../engine-deps.ts';

/**
 * Starts a new run after the run number `run`. A repeated request starts no second run. A plan whose planning failed is planned
 * again, and a rejected plan waits for approval again.
 */
export async function restartPlan(
  deps: PlanWriteDeps,
  id: string,
  run: number,
  actor: string,
): Promise<StoredPlan> {
  const { kind, plan } = await applyPlan(deps, id, { type: 'restarted', run }, { actor });
  if (kind === 'changed' || plan.state.run === run + 1) return plan;
  // The event changes every plan that can be restarted, except during the activation: no task of the run has started, so the run
  // simply continues.
  requireStatus(
    requireCurrentRun(plan.state, run),
    ['activating'],
    'a plan can be restarted after it was approved, rejected or cancelled, or has failed',
  );
  return plan;
}
