import { isPlanRunning } from '../contract/plan-status.ts';
import type { PlanContext, PlanEventOf } from './plan-row.ts';
import type { PlanState } from './plan-state.ts';
import { EMPTY_ACTIVATION, isSimple } from './plan-state.ts';
import { isBlockingCondition } from './preflight-condition.ts';

// Decisions of people about a plan as a whole.

/** Largest estimate that a verdict may contain. */
const MAX_ESTIMATED_TASKS = 60;

/** A simple plan is one task. With several tasks it needs a root branch and an `end`, so it becomes complex. */
export function onEdited(
  state: PlanState,
  { replaces, tag, taskCount, forecast }: PlanEventOf<'edited'>,
): PlanState | undefined {
  if (state.revision !== replaces) return undefined;
  const needsRoot = isSimple(state) && taskCount > 1;
  return {
    ...state,
    ...(needsRoot && { verdict: buildMultiTaskVerdict(taskCount) }),
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
    // The command has asked the forge again: its rules allow the plan by now.
    conditions: state.conditions.filter((condition) => !isBlockingCondition(condition)),
    status: 'activating',
    approved: revision,
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
  const text = reason || `cancelled by ${actor}`;
  return {
    ...state,
    status: 'cancelled',
    reason: text,
    finishedAt: now,
    stoppingRuns: [...state.stoppingRuns, buildStoppingRun(state, text, now)],
  };
}

/** A new run of the approved graph. Without a graph the plan is planned again, without approval it waits for approval. */
export function onRestarted(
  state: PlanState,
  { run }: PlanEventOf<'restarted'>,
  { actor, now }: PlanContext,
): PlanState | undefined {
  if (state.run !== run) return undefined;
  const fresh: PlanState = {
    ...state,
    run: run + 1,
    reason: undefined,
    finishedAt: undefined,
    haltedSince: undefined,
    haltNotified: undefined,
    faults: 0,
    conditions: [],
  };
  const hasNoGraph = state.revision === 0;
  if (hasNoGraph && (state.status === 'failed' || state.status === 'cancelled'))
    return { ...fresh, status: 'planning', planning: { stage: 'queued', faults: 0 } };
  if (state.status === 'rejected' || state.approved === undefined)
    return { ...fresh, status: 'pending_approval' };
  return {
    ...fresh,
    status: 'activating',
    activation: EMPTY_ACTIVATION,
    ends: [],
    pulls: [],
    stoppingRuns: hasStoppedRun(state)
      ? state.stoppingRuns
      : [...state.stoppingRuns, buildStoppingRun(state, `restarted by ${actor}`, now)],
    startedAt: undefined,
  };
}

function hasStoppedRun(state: PlanState): boolean {
  return [...state.stoppingRuns, ...state.pendingCleanups].some(({ run }) => run === state.run);
}

/** Revision 0 means that the run never had tasks. */
function buildStoppingRun(
  state: PlanState,
  reason: string,
  dueAt: number,
): PlanState['stoppingRuns'][number] {
  const { status, run, approved = 0 } = state;
  const hasTasks = isPlanRunning(status) || status === 'complete';
  return { run, revision: hasTasks ? approved : 0, reason, cursor: 0, dueAt };
}

/** Forgets the warnings about the old budget. */
export function onBudgetChanged(
  state: PlanState,
  { budget }: PlanEventOf<'budget_changed'>,
): PlanState {
  return { ...state, options: { ...state.options, budget }, budgetLevel: undefined };
}
