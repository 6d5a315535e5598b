import { isPlanRunning } from '../contract/plan-status.ts';
import type { PlanContext, PlanEventOf } from './plan-event.ts';
import type { PlanState } from './plan-state.ts';
import { EMPTY_ACTIVATION, isSimple } from './plan-state.ts';
import { isBlockingCondition } from './preflight-condition.ts';

// Transitions by commands of people for a whole plan: edit, approve, reject, cancel, restart and change the budget.

/** Upper bound of `estimatedTasks` in a verdict. */
const MAX_ESTIMATED_TASKS = 60;

/** Stores a new revision. A simple plan becomes complex with a second task: several tasks need a root branch and an `end` node. */
export function onEdited(
  state: PlanState,
  { replaces, tag, taskCount, forecast }: PlanEventOf<'edited'>,
): PlanState | undefined {
  if (state.revision !== replaces) return undefined;
  const becomesComplex = isSimple(state) && taskCount > 1;
  return {
    ...state,
    ...(becomesComplex && { verdict: buildMultiTaskVerdict(taskCount) }),
    revision: replaces + 1,
    revisionTags: [...state.revisionTags, tag],
    forecast,
  };
}

function buildMultiTaskVerdict(taskCount: number): PlanState['verdict'] {
  return {
    complexity: 'complex',
    reasoning: 'A person split the request into several tasks.',
    confidence: 1,
    estimatedTasks: Math.min(taskCount, MAX_ESTIMATED_TASKS),
    suggestion: '',
    source: 'person',
  };
}

export function onApproved(
  state: PlanState,
  { revision }: PlanEventOf<'approved'>,
): PlanState | undefined {
  if (state.revision !== revision) return undefined;
  return {
    ...state,
    // Before this event, the approve command checked the rules of the forge again and found no blocking rule.
    conditions: state.conditions.filter((condition) => !isBlockingCondition(condition)),
    status: 'activating',
    approvedRevision: revision,
    activation: EMPTY_ACTIVATION,
  };
}

export function onRejected(
  state: PlanState,
  { reason }: PlanEventOf<'rejected'>,
  { now }: PlanContext,
): PlanState {
  return { ...state, status: 'rejected', reason, finishedAt: now };
}

export function onCancelled(
  state: PlanState,
  { reason }: PlanEventOf<'cancelled'>,
  { actor, now }: PlanContext,
): PlanState {
  const reasonOrActor = reason || `cancelled by ${actor}`;
  return {
    ...state,
    status: 'cancelled',
    reason: reasonOrActor,
    finishedAt: now,
    stoppingRuns: [...state.stoppingRuns, buildStoppingRun(state, reasonOrActor, now)],
  };
}

/**
 * Starts a new run of the approved graph. A plan without approval returns to planning and keeps its graph.
 */
export function onRestarted(
  state: PlanState,
  { run, bases }: PlanEventOf<'restarted'>,
  { actor, now }: PlanContext,
): PlanState | undefined {
  if (state.run !== run) return undefined;
  const reset: PlanState = {
    ...state,
    run: run + 1,
    reason: undefined,
    finishedAt: undefined,
    haltedSince: undefined,
    haltNotified: undefined,
    consecutiveEngineFailures: 0,
    conditions: [],
  };
  if (state.approvedRevision === undefined) return planAgain(reset);
  return {
    ...reset,
    status: 'activating',
    repositories: state.repositories.map((repository) => ({
      ...repository,
      baseSha: bases?.find(({ repo }) => repo === repository.name)?.sha ?? repository.baseSha,
    })),
    activation: EMPTY_ACTIVATION,
    finalTasks: [],
    pulls: [],
    stoppingRuns: isCurrentRunStopped(state)
      ? state.stoppingRuns
      : [...state.stoppingRuns, buildStoppingRun(state, `restarted by ${actor}`, now)],
    startedAt: undefined,
  };
}

/** Returns a plan without any approved work to planning, so that the next run begins from the present heads of the base branches. */
function planAgain(state: PlanState): PlanState {
  return {
    ...state,
    status: 'planning',
    planning: { stage: 'queued', consecutiveFailures: 0 },
    repositories: state.repositories.map((repository) => ({ ...repository, baseSha: '' })),
  };
}

/** Returns true if the tasks of the current run are being cancelled, or the branches of the run await deletion. */
function isCurrentRunStopped(state: PlanState): boolean {
  return [...state.stoppingRuns, ...state.pendingCleanups].some(({ run }) => run === state.run);
}

/** Builds the entry of a run with tasks to cancel; revision 0 if the run has no tasks. */
function buildStoppingRun(
  state: PlanState,
  reason: string,
  dueAt: number,
): PlanState['stoppingRuns'][number] {
  const { status, run, approvedRevision = 0 } = state;
  const hasTasks = isPlanRunning(status) || status === 'complete';
  return { run, revision: hasTasks ? approvedRevision : 0, reason, cursor: 0, dueAt };
}

/** Replaces the budget. The next crossed limit is announced again. */
export function onBudgetChanged(
  state: PlanState,
  { budget }: PlanEventOf<'budget_changed'>,
  { now }: PlanContext,
): PlanState {
  return {
    ...state,
    options: { ...state.options, budget },
    budgetLevel: undefined,
    isBudgetRestTooSmall: undefined,
    budgetChangedAt: now,
  };
}
