import { isTaskSettled } from '../../contract/task-status.ts';
import { computeCleanupDue } from '../../plan-state/plan-due.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import { isSimple, requirePlanRepository } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { setPlanDue } from '../../store/plan-store.ts';
import { loadTask } from '../../store/task-store.ts';
import { applyPlan } from '../apply/apply-transition.ts';
import type { EngineDeps, PlanWriteDeps } from '../engine-deps.ts';
import type { RootPullObservation } from './observe-root-pulls.ts';
import { isSamePullState, observeRootPulls } from './observe-root-pulls.ts';

/** Interval at which open pull requests of a complete plan are read, milliseconds. */
const LOCAL_CHECK_MS = 60_000;
const GITHUB_CHECK_MS = 300_000;
/** Wait until the forge has computed whether a pull request conflicts with its base branch, milliseconds. */
const CONFLICT_CHECK_MS = 15_000;

/** Reconciles a complete plan, which waits until people have merged or closed its pull requests. */
export async function reconcileCompletePlan(
  deps: Pick<EngineDeps, 'table' | 'queue' | 'forges' | 'clock' | 'log' | 'settings'>,
  plan: StoredPlan,
): Promise<void> {
  if (isSimple(plan.state) && (await reactivateIfSentBack(deps, plan.state))) return;
  const observation = await observeRootPulls(deps, plan.state);
  if (await applyObservation(deps, plan.state, observation)) return;
  await setPlanDue(deps.table, plan, computeDue(plan.state, observation, deps.clock.now()));
}

/**
 * Returns when a complete plan is due again. Nothing reports a conflict with a moved base branch or a deleted base branch, so open
 * pull requests are read regularly.
 */
function computeDue(
  plan: PlanState,
  { pulls, isConflictUnknown }: RootPullObservation,
  now: number,
): number | undefined {
  const cleanupAt = computeCleanupDue(plan);
  const open = pulls.filter((pull) => pull.state === 'open');
  if (open.length === 0) return cleanupAt;
  const areAllLocal = open.every(({ repo }) => requirePlanRepository(plan, repo).forge === 'local');
  const waitMs = areAllLocal ? LOCAL_CHECK_MS : GITHUB_CHECK_MS;
  const checkAt = now + (isConflictUnknown ? CONFLICT_CHECK_MS : waitMs);
  return Math.min(checkAt, cleanupAt ?? Number.POSITIVE_INFINITY);
}

/** Records changes of the pull requests of a complete plan. Returns true if anything has changed. */
export async function recordPullChanges(
  deps: Pick<EngineDeps, 'table' | 'queue' | 'forges' | 'clock' | 'log' | 'settings'>,
  plan: PlanState,
): Promise<boolean> {
  return applyObservation(deps, plan, await observeRootPulls(deps, plan));
}

/** Records which pull requests were merged, closed, reopened, retargeted or blocked by a problem. Returns true if anything has changed. */
async function applyObservation(
  deps: PlanWriteDeps,
  plan: PlanState,
  { pulls, changedBases }: RootPullObservation,
): Promise<boolean> {
  for (const { repo, base } of changedBases)
    await applyPlan(deps, plan.id, { type: 'retargeted', repo, base }, { actor: 'forge' });
  if (pulls.every((pull, index) => isSamePullState(pull, plan.pulls[index])))
    return changedBases.length > 0;
  const isDelivered = pulls.every((pull) => pull.state !== 'open');
  const type = isDelivered ? 'delivered' : 'pulls_changed';
  await applyPlan(deps, plan.id, { type, run: plan.run, pulls }, { actor: 'forge' });
  return true;
}

/** Makes a simple plan active again if a reviewer requested changes. Returns true if the plan is active again. */
async function reactivateIfSentBack(deps: PlanWriteDeps, plan: PlanState): Promise<boolean> {
  const { id, run } = plan;
  const task = plan.finalTasks[0]?.task;
  const simpleTask =
    task === undefined ? undefined : await loadTask(deps.table, { plan: id, run, task });
  if (task === undefined || simpleTask === undefined || isTaskSettled(simpleTask.state.status))
    return false;
  await applyPlan(deps, id, { type: 'sent_back', task }, { actor: 'forge' });
  return true;
}
