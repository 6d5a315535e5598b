import type { TaskStatus } from '../contract/task-status.ts';
import {
  onAttemptFailed,
  onAttemptLost,
  onAttemptRefused,
  onBridgeReady,
  onCheckpointed,
  onClaimed,
  onQuestionAnswered,
  onQuestionAsked,
  onResultAccepted,
} from './attempt-transitions.ts';
import {
  onApproved,
  onChangesRequested,
  onChecksStuck,
  onForgeRefused,
  onHeadMoved,
  onMergeSeen,
  onPullClosed,
  onPullEnsured,
  onPullGreen,
  onPullReopened,
  onRootMoved,
  onVerifyMissing,
  onVerifyWanted,
} from './forge-transitions.ts';
import type { TaskEvent, TaskEventType } from './task-event.ts';
import type { TaskState, TransitionContext, TransitionRow } from './task-state.ts';
import {
  blockTask,
  endAttempt,
  forgetNoChange,
  isNoChangeTask,
  returnToPull,
} from './task-state.ts';

// State table of a task, with the transitions by people and by bookkeeping of the engine. An event without a row for the current
// status changes nothing.

/** Result of applying an event to a task. */
export type TaskDecision =
  /** The event changes nothing in this status. */
  | { readonly kind: 'noop' }
  /** The event comes from an ended attempt; the bridge of the attempt must stop. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'changed'; readonly state: TaskState };

type EventOf<T extends TaskEventType> = Extract<TaskEvent, { readonly type: T }>;
type TransitionRows = Partial<Record<TaskEventType, TransitionRow>>;

/** Rows of bookkeeping events, which every status accepts. */
export const COMMON_TASK_ROWS: TransitionRows = {
  number_raised: onNumberRaised,
  pods_gone: onPodsGone,
};
/** Rows of statuses with a live attempt. */
const LIVE_ROWS: TransitionRows = {
  bridge_ready: onBridgeReady,
  checkpointed: onCheckpointed,
  attempt_lost: onAttemptLost,
  attempt_refused: onAttemptRefused,
  attempt_failed: onAttemptFailed,
  result_accepted: onResultAccepted,
  merge_seen: onMergeSeen,
  pull_closed: onPullClosed,
  cancel: onCancel,
  faulted: onFaulted,
  finish: onFinish,
};
/** Rows of statuses with a pull request, in which a `verify` attempt may run at the same time. */
const PULL_ROWS: TransitionRows = {
  ...LIVE_ROWS,
  claimed: onClaimed,
  unparked: onUnparked,
  pull_ensured: onPullEnsured,
  changes_requested: onChangesRequested,
  forge_refused: onForgeRefused,
  head_moved: onHeadMoved,
};
/** Rows of statuses in which the task waits for a slot. */
const WAITING_ROWS: TransitionRows = {
  claimed: onClaimed,
  unparked: onUnparked,
  merge_seen: onMergeSeen,
  pull_closed: onPullClosed,
  cancel: onCancel,
  faulted: onFaulted,
};
const RETRYABLE_ROWS: TransitionRows = { retry: onRetry, merge_seen: onMergeSeen };

export const TASK_TABLE: Record<TaskStatus, TransitionRows> = {
  pending: {
    dependencies_merged: onDependenciesMerged,
    merge_seen: onMergeSeen,
    cancel: onCancel,
    faulted: onFaulted,
  },
  ready: WAITING_ROWS,
  changes_requested: WAITING_ROWS,
  claimed: LIVE_ROWS,
  working: { ...LIVE_ROWS, question_asked: onQuestionAsked },
  // An agent has at most one open question, so a new question replaces the previous one.
  awaiting_input: {
    ...LIVE_ROWS,
    question_asked: onQuestionAsked,
    question_answered: onQuestionAnswered,
  },
  pr_open: {
    ...PULL_ROWS,
    pull_green: onPullGreen,
    checks_stuck: onChecksStuck,
    verify_missing: onVerifyMissing,
  },
  in_review: { ...PULL_ROWS, approved: onApproved },
  merging: { ...PULL_ROWS, checks_stuck: onChecksStuck, verify_wanted: onVerifyWanted },
  merged: { root_moved: onRootMoved },
  blocked: { ...RETRYABLE_ROWS, unblock: onRetry, cancel: onCancel, pull_closed: onPullClosed },
  failed: { ...RETRYABLE_ROWS, cancel: onCancel, pull_reopened: onPullReopened },
  cancelled: { ...RETRYABLE_ROWS, pull_ensured: onPullEnsured },
};

/** Events of attempts. Each carries an attempt number, and only the live attempt may change the task. */
const FENCED_EVENTS: readonly TaskEventType[] = [
  'bridge_ready',
  'question_asked',
  'question_answered',
  'checkpointed',
  'attempt_lost',
  'attempt_refused',
  'attempt_failed',
  'result_accepted',
];

/** Events that the history does not show. */
const UNRECORDED_EVENTS: readonly TaskEventType[] = [
  'pods_gone',
  'checkpointed',
  'number_raised',
  'unparked',
];

/** Decides the next state of a task. Pure: time and bounds come from `context`. */
export function decideTask(
  state: TaskState,
  event: TaskEvent,
  context: TransitionContext,
): TaskDecision {
  if (
    FENCED_EVENTS.includes(event.type) &&
    'n' in event &&
    state.liveAttempt?.attemptNumber !== event.n
  )
    return { kind: 'stale' };
  const row = TASK_TABLE[state.status][event.type] ?? COMMON_TASK_ROWS[event.type];
  if (row === undefined) return { kind: 'noop' };
  const next = row(state, event as never, context);
  if (next === undefined) return { kind: 'noop' };
  return { kind: 'changed', state: recordTransition(state, next, event, context) };
}

function recordTransition(
  before: TaskState,
  after: TaskState,
  event: TaskEvent,
  context: TransitionContext,
): TaskState {
  const hasNewStatus = before.status !== after.status;
  const consecutiveEngineFailures =
    event.type === 'faulted' || !hasNewStatus ? after.consecutiveEngineFailures : 0;
  if (UNRECORDED_EVENTS.includes(event.type)) return { ...after, consecutiveEngineFailures };
  const stuckChecks =
    event.type === 'checks_stuck' || !hasNewStatus ? after.stuckChecks : undefined;
  return {
    ...after,
    consecutiveEngineFailures,
    stuckChecks,
    last: {
      version: context.version,
      at: context.now,
      from: before.status,
      to: after.status,
      event: event.type,
      actor: context.actor,
      reason: after.reason === before.reason ? undefined : after.reason?.text,
    },
  };
}

// Transitions of a task by commands of people and by bookkeeping of the engine.

/** Retries a task with reset retry counts. A task with an accepted commit returns to its pull request. */
function onRetry(
  state: TaskState,
  _event: EventOf<'retry' | 'unblock'>,
  context: TransitionContext,
): TaskState {
  const kept = isNoChangeTask(state) ? forgetNoChange(state) : state;
  const resetTask: TaskState = {
    ...kept,
    retryCounts: { agent: 0, infra: 0, repair: 0 },
    consecutiveEngineFailures: 0,
    parkedUntil: undefined,
    reason: undefined,
    finishedAt: undefined,
    mustReopenPull: kept.accepted === undefined ? undefined : true,
  };
  if (kept.accepted !== undefined) return returnToPull(resetTask);
  const nextAttemptKind = state.kind === 'end' || state.kind === 'base' ? 'verify' : 'work';
  if (context.hasUnmergedDependencies) return { ...resetTask, status: 'pending', nextAttemptKind };
  return onDependenciesMerged(
    { ...resetTask, nextAttemptKind },
    { type: 'dependencies_merged' },
    context,
  );
}

/** Makes a task ready. A join has no work, so it is merged at once. */
function onDependenciesMerged(
  state: TaskState,
  _event: EventOf<'dependencies_merged'>,
  context: TransitionContext,
): TaskState {
  if (state.kind === 'join') return { ...state, status: 'merged', finishedAt: context.now };
  return { ...state, status: 'ready' };
}

function onCancel(
  state: TaskState,
  event: EventOf<'cancel'>,
  context: TransitionContext,
): TaskState {
  return {
    ...endAttempt(state),
    status: 'cancelled',
    parkedUntil: undefined,
    finishedAt: context.now,
    reason: { code: 'cancelled', text: event.reason },
  };
}

function onUnparked(
  state: TaskState,
  event: EventOf<'unparked'>,
  context: TransitionContext,
): TaskState | undefined {
  if (state.parkedUntil === undefined) return undefined;
  if (state.parkedUntil > context.now && event.requestedByPerson !== true) return undefined;
  return { ...state, parkedUntil: undefined };
}

function onFinish(state: TaskState): TaskState | undefined {
  return state.liveAttempt === undefined || state.isFinishing === true
    ? undefined
    : { ...state, isFinishing: true };
}

function onNumberRaised(state: TaskState, event: EventOf<'number_raised'>): TaskState | undefined {
  return event.n <= state.attempt ? undefined : { ...state, attempt: event.n };
}

function onPodsGone(state: TaskState, event: EventOf<'pods_gone'>): TaskState | undefined {
  const remaining = state.attemptsAwaitingPodRemoval.filter((n) => !event.attempts.includes(n));
  return remaining.length === state.attemptsAwaitingPodRemoval.length
    ? undefined
    : { ...state, attemptsAwaitingPodRemoval: remaining };
}

function onFaulted(
  state: TaskState,
  event: EventOf<'faulted'>,
  context: TransitionContext,
): TaskState {
  const consecutiveEngineFailures = state.consecutiveEngineFailures + 1;
  if (consecutiveEngineFailures < context.bounds.maxEngineFailures)
    return { ...state, consecutiveEngineFailures };
  return { ...blockTask(endAttempt(state), 'fault', event.why), consecutiveEngineFailures };
}
