import { hasTaskStopped } from '../contract/task-status.ts';
import type { TaskState } from './task-state.ts';

// When a task's item is looked at again, should every message be lost.

/** A hint does owed work at once; this is for the hint that never arrives. */
const LOST_MESSAGE_GRACE_MS = 5_000;
/** The scheduler launches right after the claim; then the item itself does. */
const LAUNCH_GRACE_MS = 15_000;

/** Right after a write: what the new state owes is due, else as at rest. */
export function computeDueAfterWrite(state: TaskState, now: number): number | undefined {
  // Made pending again: what it waits on may have been merged in the meantime.
  if (hasPendingWork(state) || state.status === 'pending') return now + LOST_MESSAGE_GRACE_MS;
  if (state.current?.phase === 'claimed') return now + LAUNCH_GRACE_MS;
  return computeIdleDue(state);
}

/** With nothing owed: leases, deadlines and parking end by themselves. */
export function computeIdleDue(state: TaskState): number | undefined {
  if (state.current !== undefined) {
    const asked = state.question?.timeoutAt ?? Number.POSITIVE_INFINITY;
    return Math.min(state.current.leaseUntil, asked);
  }
  return state.parkedUntil;
}

export function hasPendingWork(state: TaskState): boolean {
  if (state.attemptsAwaitingPodRemoval.length > 0) return true;
  if (state.simple && needsPlanReconcile(state)) return true;
  if (state.status === 'merged' || state.status === 'in_review') return true;
  if (state.status === 'pr_open' || state.status === 'merging')
    return state.current === undefined && state.nextAttemptKind !== 'verify';
  // A pull request that was opened just before the cancellation may not be stored yet.
  return state.status === 'cancelled' && (state.pull ?? state.accepted) !== undefined;
}

/** A simple plan is complete while its task is in review: it has to hear that the task has left it. */
export function needsPlanReconcile(state: TaskState): boolean {
  if (state.current !== undefined) return false;
  return (
    state.status === 'changes_requested' ||
    state.status === 'pr_open' ||
    hasTaskStopped(state.status)
  );
}
