import type { TaskEvent } from './event.ts';
import { atPull, blocked, endAttempt, isProven, type RowContext } from './row.ts';
import type { TaskState } from './state.ts';

// What the forge shows, and what it does to a task. Its facts win.

type Of<T extends TaskEvent['type']> = Extract<TaskEvent, { type: T }>;

/** Of what is to be mended: it is copied with each write of the task, and an agent reads no more. */
const MAX_DETAIL = 8_000;
const MAX_FILES = 100;

export function onPullEnsured(state: TaskState, event: Of<'pull_ensured'>): TaskState | undefined {
  if (state.pull?.number === event.pull.number && state.reopen !== true) return undefined;
  return { ...state, pull: event.pull, reopen: undefined };
}

export function onPullGreen(
  state: TaskState,
  event: Of<'pull_green'>,
  context: RowContext,
): TaskState | undefined {
  if (!isProven(state) || state.current !== undefined || state.wants === 'verify') return undefined;
  // With nothing to verify by, or checks that may not be read, "auto" would merge what nobody looked at.
  const unseen = state.proof?.empty === true || event.unread === true;
  const agreed = state.agreed !== undefined && state.agreed === state.accepted?.commit;
  const wanted = state.kind !== 'end' && (state.policy === 'review' || unseen) && !agreed;
  const person = state.simple || wanted;
  if (person) return { ...state, pull: event.pull, reopen: undefined, status: 'in_review' };
  return {
    ...state,
    pull: event.pull,
    reopen: undefined,
    status: 'merging',
    queuedAt: context.now,
  };
}

/** Out of the lane, where others wait behind it; at its pull request it goes on waiting for them. */
export function onChecksStuck(state: TaskState, event: Of<'checks_stuck'>): TaskState | undefined {
  const stuckChecks = event.checks.slice(0, 5).map((name) => name.slice(0, 100));
  if (state.status === 'merging')
    return { ...endAttempt(state), status: 'pr_open', stuckChecks, agreed: state.accepted?.commit };
  return state.stuckChecks?.join() === stuckChecks.join() ? undefined : { ...state, stuckChecks };
}

export function onApproved(
  state: TaskState,
  _event: Of<'approved'>,
  context: RowContext,
): TaskState | undefined {
  return state.simple ? undefined : { ...state, status: 'merging', queuedAt: context.now };
}

export function onChangesRequested(
  state: TaskState,
  event: Of<'changes_requested'>,
  context: RowContext,
): TaskState {
  const person = event.repair.reason === 'changes_requested';
  const repair = state.spent.repair + (person ? 0 : 1);
  const next: TaskState = {
    ...endAttempt(state),
    status: 'changes_requested',
    wants: 'repair',
    verifyRoot: undefined,
    parkedUntil: undefined,
    repair: {
      ...event.repair,
      detail: event.repair.detail.slice(0, MAX_DETAIL),
      files: event.repair.files.slice(0, MAX_FILES),
    },
    reviewSeen: event.reviewSeen ?? state.reviewSeen,
    spent: { ...state.spent, repair, agent: 0 },
    reason: { code: event.repair.reason, text: event.repair.detail.slice(0, 2_000) },
  };
  if (repair > context.bounds.maxRepairs)
    return blocked(
      next,
      event.repair.reason,
      `${context.bounds.maxRepairs} repairs did not help: ${event.repair.detail}`,
    );
  return next;
}

export function onForgeRefused(state: TaskState, event: Of<'forge_refused'>): TaskState {
  return blocked(endAttempt(state), 'forge_rule', event.rule);
}

export function onHeadMoved(state: TaskState, event: Of<'head_moved'>): TaskState | undefined {
  if (state.accepted === undefined || state.accepted.commit === event.commit) return undefined;
  return {
    ...endAttempt(state),
    status: 'pr_open',
    // Its number may have been lost in a crash.
    pull: state.pull ?? event.pull,
    accepted: { ...state.accepted, commit: event.commit },
    checkpoint: event.commit,
    proof: undefined,
    wants: 'verify',
    verifyRoot: event.root,
    parkedUntil: undefined,
  };
}

export function onVerifyWanted(
  state: TaskState,
  event: Of<'verify_wanted'>,
): TaskState | undefined {
  if (state.current !== undefined || (state.wants === 'verify' && state.verifyRoot === event.root))
    return undefined;
  return { ...state, wants: 'verify', verifyRoot: event.root };
}

export function onMergeSeen(
  state: TaskState,
  event: Of<'merge_seen'>,
  context: RowContext,
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
      wants: 'work',
      mergeSha: event.sha,
      finishedAt: context.now,
    };
  if (state.status === 'cancelled' || state.accepted === undefined) return undefined;
  // A repair of the whole has landed: the whole is verified again.
  return {
    ...ended,
    status: 'ready',
    wants: 'verify',
    verifyRoot: event.root,
    accepted: undefined,
    checkpoint: undefined,
    proof: undefined,
    pull: undefined,
  };
}

export function onPullClosed(state: TaskState, event: Of<'pull_closed'>): TaskState | undefined {
  const pull = event.pull ?? state.pull;
  // A retry is about to open it again.
  if (pull === undefined || state.reopen === true) return undefined;
  return {
    ...endAttempt(state),
    status: 'failed',
    pull,
    parkedUntil: undefined,
    reason: { code: 'pull_closed', text: `pull request #${pull.number} was closed` },
  };
}

/** What was verified is not what the root branch is now. */
export function onRootMoved(state: TaskState, event: Of<'root_moved'>): TaskState | undefined {
  if (state.kind !== 'end' || state.mergeSha === event.root) return undefined;
  return {
    ...state,
    status: 'ready',
    wants: 'verify',
    verifyRoot: event.root,
    mergeSha: undefined,
    finishedAt: undefined,
  };
}

export function onPullReopened(state: TaskState): TaskState | undefined {
  if (state.reason?.code !== 'pull_closed' || state.accepted === undefined) return undefined;
  return atPull({ ...state, reason: undefined });
}

export function onVerifyMissing(state: TaskState): TaskState | undefined {
  if (state.current !== undefined || state.wants === 'verify') return undefined;
  if (isProven(state)) return undefined;
  return { ...state, wants: 'verify', verifyRoot: undefined };
}
