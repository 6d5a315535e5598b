import { hasTaskStopped } from '../contract/task-status.ts';
import type { TaskState } from './task-state.ts';

// Due times of tasks. The resync reconciles a due task even if every wake-up message is lost.

/** Wait before the resync does the work of a lost wake-up message, milliseconds. */
const LOST_MESSAGE_GRACE_MS = 5_000;
/** Wait before the resync launches the pod of a claim, milliseconds. Normally the scheduler launches the pod right after the claim. */
const LAUNCH_GRACE_MS = 15_000;

/** Returns the due time of a task after a write, epoch milliseconds; undefined if the resync has nothing to do. */
export function computeDueAfterWrite(state: TaskState, now: number): number | undefined {
  // The dependencies of a task may have been merged before the task became pending again.
  if (hasPendingWork(state) || state.status === 'pending') return now + LOST_MESSAGE_GRACE_MS;
  if (state.current?.phase === 'claimed') return now + LAUNCH_GRACE_MS;
  return computeIdleDue(state);
}

/** Returns the end of the lease, question or pause of a task without pending work, epoch milliseconds. */
export function computeIdleDue(state: TaskState): number | undefined {
  if (state.current !== undefined) {
    const questionTimeoutAt = state.question?.timeoutAt ?? Number.POSITIVE_INFINITY;
    return Math.min(state.current.leaseUntil, questionTimeoutAt);
  }
  return state.parkedUntil;
}

/** Returns whether the reconciler has work for the task now. */
export function hasPendingWork(state: TaskState): boolean {
  if (state.attemptsAwaitingPodRemoval.length > 0) return true;
  if (state.simple && needsPlanReconcile(state)) return true;
  if (state.status === 'merged' || state.status === 'in_review') return true;
  if (state.status === 'pr_open' || state.status === 'merging')
    return state.current === undefined && state.nextAttemptKind !== 'verify';
  // The pull request of a cancelled task must be closed; the state may lack a pull request opened just before the cancellation.
  return state.status === 'cancelled' && (state.pull ?? state.accepted) !== undefined;
}

/** Returns whether a simple plan needs a reconcile: the plan is complete during the review, and must follow when the review ends. */
export function needsPlanReconcile(state: TaskState): boolean {
  if (state.current !== undefined) return false;
  return (
    state.status === 'changes_requested' ||
    state.status === 'pr_open' ||
    hasTaskStopped(state.status)
  );
}
