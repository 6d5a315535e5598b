import type { TaskEvent } from './task-event.ts';
import type { TaskState, TransitionContext } from './task-state.ts';
import {
  blockTask,
  endAttempt,
  forgetNoChange,
  hasCurrentEvidence,
  isNoChangeTask,
  returnToPull,
} from './task-state.ts';

// Transitions of a task by facts of the forge, which take precedence over the stored state.

type EventOf<T extends TaskEvent['type']> = Extract<TaskEvent, { readonly type: T }>;

/** Maximum length of `Repair.detail`, characters. Every write of the task copies the text. */
const MAX_REPAIR_DETAIL_CHARS = 8_000;
const MAX_REPAIR_FILES = 100;

export function onPullEnsured(
  state: TaskState,
  event: EventOf<'pull_ensured'>,
): TaskState | undefined {
  if (state.pull?.number === event.pull.number && state.mustReopenPull !== true) return undefined;
  return { ...state, pull: event.pull, mustReopenPull: undefined };
}

export function onPullGreen(
  state: TaskState,
  event: EventOf<'pull_green'>,
  context: TransitionContext,
): TaskState | undefined {
  if (
    !hasCurrentEvidence(state) ||
    state.liveAttempt !== undefined ||
    state.nextAttemptKind === 'verify'
  )
    return undefined;
  // Without verify commands or readable checks, the policy `auto` would merge a commit without any test or review.
  const isUntested = state.evidence?.empty === true || event.checksUnreadable === true;
  const isDoubtful = isUntested || state.noChange === true;
  const isApproved =
    state.approvedCommit !== undefined && state.approvedCommit === state.accepted?.commit;
  const needsReview =
    state.simple ||
    (state.kind !== 'end' && (state.policy === 'review' || isDoubtful) && !isApproved);
  if (needsReview)
    return { ...state, pull: event.pull, mustReopenPull: undefined, status: 'in_review' };
  return {
    ...state,
    pull: event.pull,
    mustReopenPull: undefined,
    status: 'merging',
    queuedAt: context.now,
  };
}

/** Records the pending checks. A task in the merge queue leaves the queue and waits in `pr_open`, so that other tasks can merge. */
export function onChecksStuck(
  state: TaskState,
  event: EventOf<'checks_stuck'>,
): TaskState | undefined {
  const stuckChecks = event.checks.slice(0, 5).map((name) => name.slice(0, 100));
  if (state.status === 'merging') return { ...endAttempt(state), status: 'pr_open', stuckChecks };
  return state.stuckChecks?.join() === stuckChecks.join() ? undefined : { ...state, stuckChecks };
}

export function onApproved(
  state: TaskState,
  event: EventOf<'approved'>,
  context: TransitionContext,
): TaskState | undefined {
  const commit = state.accepted?.commit;
  if (event.commit !== undefined && event.commit !== commit) return undefined;
  if (isNoChangeTask(state))
    return {
      ...state,
      status: 'merged',
      approvedCommit: commit,
      mergeSha: commit,
      finishedAt: context.now,
    };
  if (state.simple) return undefined;
  return { ...state, status: 'merging', approvedCommit: commit, queuedAt: context.now };
}

export function onChangesRequested(
  state: TaskState,
  event: EventOf<'changes_requested'>,
  context: TransitionContext,
): TaskState {
  const wasRequestedByPerson = event.repair.reason === 'changes_requested';
  const repair = state.retryCounts.repair + (wasRequestedByPerson ? 0 : 1);
  const hasNothingToRepair = isNoChangeTask(state);
  const ended = endAttempt(state);
  const next: TaskState = {
    ...(hasNothingToRepair ? forgetNoChange(ended) : ended),
    status: 'changes_requested',
    nextAttemptKind: hasNothingToRepair ? 'work' : 'repair',
    verifyRoot: undefined,
    parkedUntil: undefined,
    repair: {
      ...event.repair,
      detail: event.repair.detail.slice(0, MAX_REPAIR_DETAIL_CHARS),
      files: event.repair.files.slice(0, MAX_REPAIR_FILES),
    },
    lastHandledReview: event.lastHandledReview ?? state.lastHandledReview,
    retryCounts: { ...state.retryCounts, repair, agent: 0 },
    reason: { code: event.repair.reason, text: event.repair.detail.slice(0, 2_000) },
  };
  if (repair > context.bounds.maxRepairs)
    return blockTask(
      next,
      event.repair.reason,
      `${context.bounds.maxRepairs} repairs did not help: ${event.repair.detail}`,
    );
  return next;
}

export function onForgeRefused(state: TaskState, event: EventOf<'forge_refused'>): TaskState {
  return blockTask(endAttempt(state), 'forge_rule', event.reason);
}

export function onHeadMoved(state: TaskState, event: EventOf<'head_moved'>): TaskState | undefined {
  if (state.accepted === undefined || state.accepted.commit === event.commit) return undefined;
  return {
    ...endAttempt(state),
    status: 'pr_open',
    // After a crash, the state may lack the pull request.
    pull: state.pull ?? event.pull,
    accepted: { ...state.accepted, commit: event.commit },
    checkpoint: event.commit,
    evidence: undefined,
    noChange: undefined,
    uncommitted: undefined,
    nextAttemptKind: 'verify',
    verifyRoot: event.root,
    parkedUntil: undefined,
  };
}

export function onVerifyWanted(
  state: TaskState,
  event: EventOf<'verify_wanted'>,
): TaskState | undefined {
  if (
    state.liveAttempt !== undefined ||
    (state.nextAttemptKind === 'verify' && state.verifyRoot === event.root)
  )
    return undefined;
  return { ...state, nextAttemptKind: 'verify', verifyRoot: event.root };
}

export function onMergeSeen(
  state: TaskState,
  event: EventOf<'merge_seen'>,
  context: TransitionContext,
): TaskState | undefined {
  const ended: TaskState = {
    ...endAttempt(state),
    parkedUntil: undefined,
    reason: undefined,
    repair: undefined,
  };
  if (state.kind !== 'end')
    return {
      ...ended,
      status: 'merged',
      nextAttemptKind: 'work',
      mergeSha: event.sha,
      finishedAt: context.now,
    };
  if (state.status === 'cancelled' || state.accepted === undefined) return undefined;
  // A merged repair of the `end` node requires a new verification of the whole root branch.
  return {
    ...ended,
    status: 'ready',
    nextAttemptKind: 'verify',
    verifyRoot: event.root,
    accepted: undefined,
    checkpoint: undefined,
    evidence: undefined,
    pull: undefined,
  };
}

export function onPullClosed(
  state: TaskState,
  event: EventOf<'pull_closed'>,
): TaskState | undefined {
  const pull = event.pull ?? state.pull;
  // A retry is about to reopen the pull request.
  if (pull === undefined || state.mustReopenPull === true) return undefined;
  return {
    ...endAttempt(state),
    status: 'failed',
    pull,
    parkedUntil: undefined,
    reason: { code: 'pull_closed', text: `pull request #${pull.number} was closed` },
  };
}

/** Requests a new verification, because the root branch moved after its verification. */
export function onRootMoved(state: TaskState, event: EventOf<'root_moved'>): TaskState | undefined {
  if (state.kind !== 'end' || state.mergeSha === event.root) return undefined;
  return {
    ...state,
    status: 'ready',
    nextAttemptKind: 'verify',
    verifyRoot: event.root,
    mergeSha: undefined,
    finishedAt: undefined,
  };
}

export function onPullReopened(state: TaskState): TaskState | undefined {
  if (state.reason?.code !== 'pull_closed' || state.accepted === undefined) return undefined;
  return returnToPull({ ...state, reason: undefined });
}

export function onVerifyMissing(state: TaskState): TaskState | undefined {
  if (state.liveAttempt !== undefined || state.nextAttemptKind === 'verify') return undefined;
  if (hasCurrentEvidence(state)) return undefined;
  return { ...state, nextAttemptKind: 'verify', verifyRoot: undefined };
}
