import { isAppError } from '../../base/app-error.ts';
import { MAX_MESSAGE_DELAY_MS } from '../../port/queue.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { loadPlan, setPlanDue } from '../../store/plan-store.ts';
import { enqueueWakeUps } from '../announce/enqueue-wake-ups.ts';
import { applyPlan } from '../apply/apply-plan.ts';
import { isPausing, recordPauseFor } from '../apply/record-pause-for.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { activatePlan } from './activate-plan.ts';
import { computeRunsDue } from './compute-runs-due.ts';
import { reconcileActivePlan } from './reconcile-active-plan.ts';
import { reconcileCompletePlan } from './reconcile-complete-plan.ts';
import { cleanUpRuns, stopRuns } from './stop-runs.ts';

// Does everything that a plan's state owes. As with tasks, running it twice or late changes nothing more.

const MAX_FAULTS = 20;

export async function reconcilePlan(deps: EngineDeps, id: string): Promise<void> {
  const plan = await loadPlan(deps.table, id);
  if (plan === undefined) return;
  try {
    await reconcileStatus(deps, plan);
  } catch (error) {
    await handleReconcileFailure(deps, plan, error);
  }
}

async function reconcileStatus(deps: EngineDeps, plan: StoredPlan): Promise<void> {
  const now = deps.clock.now();
  if (plan.state.stoppingRuns.some((run) => run.dueAt <= now)) {
    await stopRuns(deps, plan);
    return;
  }
  if (plan.state.pendingCleanups.some((run) => run.at <= now)) {
    await cleanUpRuns(deps, plan);
    return;
  }
  switch (plan.state.status) {
    case 'planning':
      await enqueueWakeUps(deps, [{ type: 'plan', v: 1, plan: plan.state.id }]);
      await setPlanDue(deps.table, plan, now + 60_000);
      return;
    case 'activating':
      return activatePlan(deps, plan);
    case 'active':
      return reconcileActivePlan(deps, plan);
    case 'complete':
      return reconcileCompletePlan(deps, plan);
    case 'pending_approval':
    case 'rejected':
    case 'cancelled':
    case 'failed':
      await setPlanDue(deps.table, plan, computeRunsDue(plan));
      return;
    default:
      plan.state.status satisfies never;
  }
}

async function handleReconcileFailure(
  deps: EngineDeps,
  plan: StoredPlan,
  error: unknown,
): Promise<void> {
  if (isAppError(error, 'transient')) throw error;
  const now = deps.clock.now();
  if (isPausing(error)) {
    const until = await recordPauseFor(deps, error, { plan: plan.state.id });
    await setPlanDue(deps.table, plan, until);
    if (until - now <= MAX_MESSAGE_DELAY_MS)
      await enqueueWakeUps(
        deps,
        [{ type: 'reconcile_plan', v: 1, plan: plan.state.id }],
        Math.ceil((until - now) / 1_000),
      );
    return;
  }
  const why = error instanceof Error ? error.message : String(error);
  deps.log.warn('plan step failed', {
    plan: plan.state.id,
    status: plan.state.status,
    cause: why,
    stack: error instanceof Error ? error.stack : undefined,
  });
  const backoff = Math.min(600_000, 5_000 * 2 ** Math.min(plan.state.faults, 7));
  await applyPlan(
    deps,
    plan.state.id,
    { event: 'faulted', actor: 'engine', reason: why, dueAt: now + backoff },
    (state) => {
      const faults = state.faults + 1;
      const condition = { level: 'error' as const, code: 'step_failed', message: why, at: now };
      const conditions = [
        ...state.conditions.filter((one) => one.code !== 'step_failed'),
        condition,
      ];
      // While it is activated nothing has begun: it may end here, with the reason, and be restarted.
      if (faults >= MAX_FAULTS && state.status === 'activating')
        return { ...state, faults, conditions, status: 'failed', reason: why };
      return { ...state, faults, conditions };
    },
  );
}
