import type { TaskStatus } from '../contract/task.ts';
import type { TaskEvent, TaskEventType } from './event.ts';
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
} from './on-attempt.ts';
import {
  onCancel,
  onDependenciesMerged,
  onFaulted,
  onFinish,
  onNumberRaised,
  onPodsGone,
  onRetry,
  onUnparked,
} from './on-command.ts';
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
} from './on-forge.ts';
import type { Row, RowContext } from './row.ts';
import type { TaskState } from './state.ts';

// The state table of a task: what each event does in each status. It is total: a pair without a row changes nothing.

export type Decision =
  /** Nothing to write. */
  | { kind: 'noop' }
  /** The event is of an attempt that has ended: its sender is to stop. */
  | { kind: 'stale' }
  | { kind: 'changed'; state: TaskState };

type Rows = Partial<Record<TaskEventType, Row>>;

const EVERYWHERE: Rows = { number_raised: onNumberRaised, pods_gone: onPodsGone };
const LIVE: Rows = {
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
/** A `verify` attempt may live in these beside the pull request's own life. */
const WITH_PULL: Rows = {
  ...LIVE,
  claimed: onClaimed,
  unparked: onUnparked,
  pull_ensured: onPullEnsured,
  changes_requested: onChangesRequested,
  forge_refused: onForgeRefused,
  head_moved: onHeadMoved,
};
const WAITING: Rows = {
  claimed: onClaimed,
  unparked: onUnparked,
  merge_seen: onMergeSeen,
  pull_closed: onPullClosed,
  cancel: onCancel,
  faulted: onFaulted,
};
const RETRYABLE: Rows = { retry: onRetry, merge_seen: onMergeSeen };

const TABLE: Record<TaskStatus, Rows> = {
  pending: {
    dependencies_merged: onDependenciesMerged,
    merge_seen: onMergeSeen,
    cancel: onCancel,
    faulted: onFaulted,
  },
  ready: WAITING,
  changes_requested: WAITING,
  claimed: LIVE,
  working: { ...LIVE, question_asked: onQuestionAsked },
  // An agent asks one at a time: a new question says that it no longer waits for the one before.
  awaiting_input: {
    ...LIVE,
    question_asked: onQuestionAsked,
    question_answered: onQuestionAnswered,
  },
  pr_open: {
    ...WITH_PULL,
    pull_green: onPullGreen,
    checks_stuck: onChecksStuck,
    verify_missing: onVerifyMissing,
  },
  in_review: { ...WITH_PULL, approved: onApproved },
  merging: { ...WITH_PULL, checks_stuck: onChecksStuck, verify_wanted: onVerifyWanted },
  merged: { root_moved: onRootMoved },
  blocked: { ...RETRYABLE, unblock: onRetry, cancel: onCancel, pull_closed: onPullClosed },
  failed: { ...RETRYABLE, cancel: onCancel, pull_reopened: onPullReopened },
  cancelled: { ...RETRYABLE, pull_ensured: onPullEnsured },
};

/** Attempt events carry the number of the attempt that they speak for; only the live one may change anything. */
const FENCED: readonly TaskEventType[] = [
  'bridge_ready',
  'question_asked',
  'question_answered',
  'checkpointed',
  'attempt_lost',
  'attempt_refused',
  'attempt_failed',
  'result_accepted',
];

/** Bookkeeping that people need not read about. */
const UNRECORDED: readonly TaskEventType[] = [
  'pods_gone',
  'checkpointed',
  'number_raised',
  'unparked',
];

/** What `event` makes of `state`. Pure; `context.version` is the version that a write of it would have. */
export function decideTask(state: TaskState, event: TaskEvent, context: RowContext): Decision {
  if (FENCED.includes(event.type) && 'n' in event && state.current?.n !== event.n)
    return { kind: 'stale' };
  const row = TABLE[state.status][event.type] ?? EVERYWHERE[event.type];
  if (row === undefined) return { kind: 'noop' };
  const next = row(state, event as never, context);
  if (next === undefined) return { kind: 'noop' };
  return { kind: 'changed', state: record(state, next, event, context) };
}

function record(
  before: TaskState,
  after: TaskState,
  event: TaskEvent,
  context: RowContext,
): TaskState {
  const moved = before.status !== after.status;
  const faults = event.type === 'faulted' || !moved ? after.faults : 0;
  if (UNRECORDED.includes(event.type)) return { ...after, faults };
  const stuckChecks = event.type === 'checks_stuck' || !moved ? after.stuckChecks : undefined;
  return {
    ...after,
    faults,
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
