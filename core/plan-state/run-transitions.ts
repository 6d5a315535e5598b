import { scheduleCleanup } from './cleanup-transitions.ts';
import type { PlanContext, PlanEventOf } from './plan-event.ts';
import type { PlanState, RootPull } from './plan-state.ts';
import { addCondition, removeCondition } from './plan-state.ts';

// Transitions of a run: activation, halt, budget, engine failures and completion.

/** Failed steps in a row after which an activation fails the plan. */
const MAX_ACTIVATION_FAILURES = 20;

export function onActivating(
  state: PlanState,
  { run, stored, total }: PlanEventOf<'activating'>,
): PlanState | undefined {
  if (state.run !== run) return undefined;
  return { ...state, activation: { ...state.activation, stored, total, hasRootBranches: true } };
}

export function onActivated(
  state: PlanState,
  { run, total, finalTasks }: PlanEventOf<'activated'>,
  { now }: PlanContext,
): PlanState | undefined {
  if (state.run !== run) return undefined;
  const activation = { ...state.activation, stored: total, total, hasRootBranches: true };
  return {
    ...state,
    activation,
    status: 'active',
    consecutiveEngineFailures: 0,
    finalTasks,
    startedAt: now,
  };
}

export function onReleased(
  state: PlanState,
  { run }: PlanEventOf<'released'>,
): PlanState | undefined {
  const { released, total } = state.activation;
  if (state.run !== run || released >= total) return undefined;
  return { ...state, activation: { ...state.activation, released: total } };
}

export function onRootPullOpened(
  state: PlanState,
  { run, pulls }: PlanEventOf<'root_pull_opened'>,
): PlanState | undefined {
  if (state.run !== run) return undefined;
  const others = state.pulls.filter((known) => !pulls.some((opened) => opened.repo === known.repo));
  return { ...state, pulls: [...others, ...pulls] };
}

export function onHaltSuspected(
  state: PlanState,
  _event: PlanEventOf<'halt_suspected'>,
  { now }: PlanContext,
): PlanState | undefined {
  return state.haltedSince === undefined ? { ...state, haltedSince: now } : undefined;
}

/** Confirms a halt. A confirmation of an older suspicion changes nothing, because the plan has progressed since then. */
export function onHalted(
  state: PlanState,
  { suspectedAt }: PlanEventOf<'halted'>,
  { now }: PlanContext,
): PlanState | undefined {
  if (state.haltNotified === true || state.haltedSince !== suspectedAt) return undefined;
  const message =
    'No task can continue without a person: remove the causes of blocked and failed tasks, then retry the tasks.';
  const condition = { level: 'warning' as const, code: 'plan_halted', message, at: now };
  return { ...addCondition(state, condition), haltNotified: true };
}

export function onHaltCleared(state: PlanState): PlanState | undefined {
  if (state.haltedSince === undefined && state.haltNotified === undefined) return undefined;
  return {
    ...removeCondition(state, 'plan_halted'),
    haltedSince: undefined,
    haltNotified: undefined,
  };
}

export function onCompleted(
  state: PlanState,
  { run, pulls }: PlanEventOf<'completed'>,
  context: PlanContext,
): PlanState | undefined {
  if (state.run !== run) return undefined;
  const recovered = removeCondition(removeCondition(state, 'plan_halted'), 'step_failed');
  return {
    ...addMergedEarlyCondition(recovered, pulls, context),
    status: 'complete',
    pulls,
    // A person may have merged the pull requests before this event.
    pendingCleanups: scheduleCleanup(state, pulls, context),
    finishedAt: context.now,
    haltedSince: undefined,
    haltNotified: undefined,
  };
}

/** Warns about pull requests that were merged too early: later commits on the branch need another pull request. */
function addMergedEarlyCondition(
  state: PlanState,
  pulls: readonly RootPull[],
  { now, keepDays }: PlanContext,
): PlanState {
  const early = pulls.filter((pull) => pull.wasMergedEarly === true);
  if (early.length === 0) return state;
  const descriptions = early.map(
    ({ repo, number, branch }) => `#${number} of ${repo} (branch ${branch})`,
  );
  const message =
    `${descriptions.join(', ')} was merged before the branch contained all work. Open another pull request from the branch ` +
    `for the remaining commits; the branch is kept for ${keepDays} days.`;
  return addCondition(state, { level: 'warning', code: 'merged_early', message, at: now });
}

/**
 * Counts a failed step. Only an activation fails the plan after too many failures: no work has begun, and a person can restart the
 * plan.
 */
export function onStepFaulted(
  state: PlanState,
  { why }: PlanEventOf<'step_faulted'>,
  { now }: PlanContext,
): PlanState {
  const consecutiveEngineFailures = state.consecutiveEngineFailures + 1;
  const condition = { level: 'error' as const, code: 'step_failed', message: why, at: now };
  const faulted = { ...addCondition(state, condition), consecutiveEngineFailures };
  if (consecutiveEngineFailures < MAX_ACTIVATION_FAILURES || state.status !== 'activating')
    return faulted;
  return { ...faulted, status: 'failed', reason: why };
}

export function onBudgetLow(state: PlanState): PlanState | undefined {
  return state.budgetLevel === undefined ? { ...state, budgetLevel: 'low' } : undefined;
}

export function onBudgetUsed(
  state: PlanState,
  { isRestTooSmall = false }: PlanEventOf<'budget_used'>,
): PlanState | undefined {
  const isKnown = !isRestTooSmall || state.isBudgetRestTooSmall === true;
  if (state.budgetLevel === 'used' && isKnown) return undefined;
  const isBudgetRestTooSmall = isRestTooSmall ? true : state.isBudgetRestTooSmall;
  return { ...state, budgetLevel: 'used', isBudgetRestTooSmall };
}
