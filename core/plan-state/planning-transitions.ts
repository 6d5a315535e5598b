import type { Usage } from '../contract/task.ts';
import { addUsage } from '../task-state/task-state.ts';
import type { PlanContext, PlanEventOf } from './plan-event.ts';
import type { PlanState } from './plan-state.ts';
import { addCondition, isSimple, removeCondition } from './plan-state.ts';
import { isBlockingCondition, selectRelevantConditions } from './preflight-condition.ts';

type Stage = PlanState['planning']['stage'];

export function onPreflightDone(
  state: PlanState,
  { repositories, conditions }: PlanEventOf<'preflight_done'>,
): PlanState | undefined {
  if (state.planning.stage !== 'queued') return undefined;
  return enterStage({ ...conditions.reduce(addCondition, state), repositories }, 'explore');
}

export function onExplored(
  state: PlanState,
  { repositories, base, conditions = [] }: PlanEventOf<'explored'>,
): PlanState | undefined {
  if (state.planning.stage !== 'explore') return undefined;
  const explored = { ...conditions.reduce(addCondition, state), repositories, base };
  // A restarted plan keeps its graph, which may contain edits of people.
  if (state.revision > 0) return { ...enterStage(explored, 'done'), status: 'pending_approval' };
  return enterStage(explored, 'assess');
}

export function onAssessed(
  state: PlanState,
  { verdict, usage }: PlanEventOf<'assessed'>,
): PlanState | undefined {
  if (state.planning.stage !== 'assess') return undefined;
  return enterStage({ ...chargePlanning(state, usage), verdict }, 'decompose');
}

/**
 * Stores the first revision. Simple plans and plans with automatic approval start at once, unless a rule of the forge blocks them.
 */
export function onDecomposed(
  state: PlanState,
  { tag, forecast, summary, usage }: PlanEventOf<'decomposed'>,
): PlanState | undefined {
  if (state.planning.stage !== 'decompose') return undefined;
  const conditions = selectRelevantConditions(state.conditions, isSimple(state));
  const isBlocked = conditions.some(isBlockingCondition);
  const isApproved = (isSimple(state) || state.options.autoApprove) && !isBlocked;
  return {
    ...enterStage({ ...chargePlanning(state, usage), conditions }, 'done'),
    ...(summary === undefined ? {} : { summary }),
    status: isApproved ? 'activating' : 'pending_approval',
    revision: 1,
    revisionTags: [tag],
    approvedRevision: isApproved ? 1 : undefined,
    forecast,
  };
}

/** Adds the usage of the model to the plan, also of a step that failed. */
function chargePlanning(state: PlanState, usage: Usage | undefined): PlanState {
  return usage === undefined ? state : { ...state, usage: addUsage(state.usage, usage) };
}

/** Enters a planning stage; clears the failure count and the warnings of the previous stage. */
function enterStage(state: PlanState, stage: Stage): PlanState {
  const recovered = removeCondition(removeCondition(state, 'planning_parked'), 'planning_retried');
  return { ...recovered, planning: { stage, consecutiveFailures: 0 } };
}

export function onPlanningParked(
  state: PlanState,
  event: PlanEventOf<'planning_parked'> | PlanEventOf<'planning_retried'>,
  { now }: PlanContext,
): PlanState {
  const { type: code, until, why, usage } = event;
  const consecutiveFailures =
    state.planning.consecutiveFailures + (code === 'planning_retried' ? 1 : 0);
  const resumesAt = new Date(until).toISOString();
  const message = `${why}. Planning continues by itself at ${resumesAt}.`;
  return {
    ...addCondition(chargePlanning(state, usage), { level: 'warning', code, message, at: now }),
    planning: { ...state.planning, parkedUntil: until, consecutiveFailures },
  };
}

export function onPlanningUnparked(state: PlanState): PlanState | undefined {
  if (state.planning.parkedUntil === undefined) return undefined;
  return { ...state, planning: { ...state.planning, parkedUntil: undefined } };
}

export function onPlanningFailed(
  state: PlanState,
  { why, usage }: PlanEventOf<'planning_failed'>,
  { now }: PlanContext,
): PlanState {
  return { ...chargePlanning(state, usage), status: 'failed', reason: why, finishedAt: now };
}
