import type { CreatePlan } from '../../contract/plan.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { enqueueWakeUps } from '../announce/enqueue-wake-ups.ts';
import { applyPlan, requirePlan } from '../apply/apply-plan.ts';
import type { EngineDeps } from '../engine-deps.ts';

/** A used-up budget parks what has not begun; a larger one lets it go on. */
export async function changeBudget(
  deps: EngineDeps,
  id: string,
  budget: CreatePlan['budget'],
  actor: string,
): Promise<StoredPlan> {
  await applyPlan(deps, id, { event: 'budget_changed', actor }, (state) => ({
    ...state,
    options: { ...state.options, budget },
  }));
  await enqueueWakeUps(deps, [
    { type: 'reconcile_plan', v: 1, plan: id },
    { type: 'schedule', v: 1, tasks: [] },
    { type: 'push', v: 1, plan: id },
  ]);
  return requirePlan(deps, id);
}
