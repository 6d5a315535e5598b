import { AppError } from '../../base/app-error.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { enqueueWakeUps } from '../announce/enqueue-wake-ups.ts';
import { applyPlan, requirePlan } from '../apply/apply-plan.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { buildRunEnding, EMPTY_ACTIVATION, requirePlanStatus } from './plan-commands.ts';

/**
 * A new run of the approved graph; a plan whose planning failed is planned again, a rejected one waits for approval again.
 * `run` is the one that it follows: sent twice, it starts one.
 */
export async function restartPlan(
  deps: EngineDeps,
  id: string,
  run: number,
  actor: string,
): Promise<StoredPlan> {
  const saved = await applyPlan(deps, id, { event: 'restarted', actor }, (state, now) =>
    state.run === run ? buildRestartedState(state, actor, now) : undefined,
  );
  if (saved === undefined) {
    const plan = await requirePlan(deps, id);
    if (plan.state.run === run + 1) return plan;
    if (plan.state.run !== run) throw createRunError(plan.state, run);
    return requirePlanStatus(
      deps,
      id,
      'activating',
      'it can be restarted once it was approved, rejected, cancelled or has failed',
    );
  }
  await enqueueWakeUps(deps, [{ type: 'reconcile_plan', v: 1, plan: id }]);
  return saved;
}

function createRunError(plan: PlanState, run: number): AppError {
  const message = `plan ${plan.id} is in its run ${plan.run}, not ${run}: look at it, then restart that one`;
  return new AppError('conflict', 'plan_run', message, { details: { run: plan.run } });
}

function buildRestartedState(state: PlanState, actor: string, now: number): PlanState | undefined {
  const fresh = {
    ...state,
    reason: undefined,
    finishedAt: undefined,
    haltedSince: undefined,
    haltNotified: undefined,
    faults: 0,
    conditions: [],
  };
  if (state.status === 'rejected')
    return { ...fresh, run: state.run + 1, status: 'pending_approval' };
  if (state.revision === 0 && (state.status === 'failed' || state.status === 'cancelled')) {
    return {
      ...fresh,
      run: state.run + 1,
      status: 'planning',
      planning: { stage: 'queued', faults: 0 },
    };
  }
  if (
    state.status !== 'active' &&
    state.status !== 'complete' &&
    state.status !== 'cancelled' &&
    state.status !== 'failed'
  )
    return undefined;
  if (state.approved === undefined)
    return { ...fresh, run: state.run + 1, status: 'pending_approval' };
  const stopped =
    state.stoppingRuns.some((one) => one.run === state.run) ||
    state.pendingCleanups.some((one) => one.run === state.run);
  const ending = stopped
    ? state.stoppingRuns
    : [...state.stoppingRuns, buildRunEnding(state, `restarted by ${actor}`, now)];
  return {
    ...fresh,
    status: 'activating',
    run: state.run + 1,
    activation: EMPTY_ACTIVATION,
    ends: [],
    pulls: [],
    stoppingRuns: ending,
    startedAt: undefined,
  };
}
