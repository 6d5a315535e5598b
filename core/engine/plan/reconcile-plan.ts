import { isAppError } from '../../base/app-error.ts';
import { describeError } from '../../base/describe-error.ts';
import { buildPlannerWakeUp, buildPlanWakeUp } from '../../contract/queue-message.ts';
import { computeCleanupDue } from '../../plan-state/plan-due.ts';
import { MAX_MESSAGE_DELAY_MS } from '../../port/queue.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { loadPlan, setPlanDue } from '../../store/plan-store.ts';
import { enqueueWakeUps, sendPendingPlanNotices } from '../announce-changes.ts';
import { applyPlan } from '../apply/apply-transition.ts';
import { isPausing, pauseAfterError } from '../apply/pause-after-error.ts';
import { BASE_POLL_MS, reconcileBaseCheck, refreshBaseChecks } from '../base-check/base-check.ts';
import type { ForgeDeps, PlanWriteDeps } from '../engine-deps.ts';
import { activatePlan } from './activate-plan.ts';
import { reconcileActivePlan } from './reconcile-active-plan.ts';
import { reconcileCompletePlan } from './reconcile-complete-plan.ts';
import { cleanUpRuns, stopRuns } from './stop-runs.ts';

/** Interval at which the planner is woken again for a plan in planning, because a wake-up message may be lost; milliseconds. */
const PLANNER_RETRY_MS = 60_000;

/** Does the pending work of a plan. A repeated or late call has no further effect. */
export async function reconcilePlan(deps: ForgeDeps, id: string): Promise<void> {
  const stored = await loadPlan(deps.table, id);
  if (stored === undefined) return;
  const plan = await sendPendingPlanNotices(deps, stored);
  try {
    await reconcileStatus(deps, plan);
  } catch (error) {
    await handleReconcileFailure(deps, plan, error);
  }
}

async function reconcileStatus(deps: ForgeDeps, plan: StoredPlan): Promise<void> {
  const now = deps.clock.now();
  const { id, status, stoppingRuns, pendingCleanups, purpose } = plan.state;
  if (purpose === 'base') return reconcileBaseCheck(deps, plan);
  if (stoppingRuns.some((run) => run.dueAt <= now)) return stopRuns(deps, plan.state);
  if (pendingCleanups.some((run) => run.at <= now)) return cleanUpRuns(deps, plan.state);
  switch (status) {
    case 'planning':
      await enqueueWakeUps(deps, [buildPlannerWakeUp(id)]);
      await setPlanDue(deps.table, plan, now + PLANNER_RETRY_MS);
      return;
    case 'activating':
      return activatePlan(deps, plan);
    case 'active':
      return reconcileActivePlan(deps, plan);
    case 'complete':
      return reconcileCompletePlan(deps, plan);
    case 'pending_approval':
      return reconcilePendingApproval(deps, plan);
    case 'rejected':
    case 'cancelled':
    case 'failed':
    case 'closed':
      await setPlanDue(deps.table, plan, computeCleanupDue(plan.state));
      return;
    default:
      status satisfies never;
  }
}

/** Reads unfinished base checks again, so that the gate shows their results. */
async function reconcilePendingApproval(deps: PlanWriteDeps, plan: StoredPlan): Promise<void> {
  const { state } = plan;
  // A written result makes the plan due again.
  if (await refreshBaseChecks(deps, state)) return;
  const isChecking = state.base?.some(({ status }) => status === 'checking') === true;
  const pollAt = isChecking ? deps.clock.now() + BASE_POLL_MS : Number.POSITIVE_INFINITY;
  const dueAt = Math.min(computeCleanupDue(state) ?? Number.POSITIVE_INFINITY, pollAt);
  await setPlanDue(deps.table, plan, Number.isFinite(dueAt) ? dueAt : undefined);
}

async function handleReconcileFailure(
  deps: PlanWriteDeps,
  plan: StoredPlan,
  error: unknown,
): Promise<void> {
  if (isAppError(error, 'transient')) throw error;
  const { id, status } = plan.state;
  if (isPausing(error)) {
    const now = deps.clock.now();
    const until = await pauseAfterError(deps, error, { plan: id });
    await setPlanDue(deps.table, plan, until);
    if (until - now <= MAX_MESSAGE_DELAY_MS)
      await enqueueWakeUps(deps, [buildPlanWakeUp(id)], Math.ceil((until - now) / 1_000));
    return;
  }
  const why = describeError(error);
  const stack = error instanceof Error ? error.stack : undefined;
  deps.log.warn('plan step failed', { plan: id, status, cause: why, stack });
  await applyPlan(deps, id, { type: 'step_faulted', why }, { actor: 'engine' });
}
