import { isOver, type TaskState } from '../../task/state.ts';

// When a task's item is looked at again, should every message be lost.

/** A hint does owed work at once; this is for the hint that never arrives. */
const GRACE_MS = 5_000;
/** The scheduler launches right after the claim; then the item itself does. */
const LAUNCH_GRACE_MS = 15_000;

/** Right after a write: what the new state owes is due, else as at rest. */
export function dueAfterWrite(state: TaskState, now: number): number | undefined {
  // Made pending again: what it waits on may have been merged in the meantime.
  if (owesWork(state) || state.status === 'pending') return now + GRACE_MS;
  if (state.current?.phase === 'claimed') return now + LAUNCH_GRACE_MS;
  return dueAtRest(state);
}

/** With nothing owed: leases, deadlines and parking end by themselves. */
export function dueAtRest(state: TaskState): number | undefined {
  if (state.current !== undefined) {
    const asked = state.question?.timeoutAt ?? Number.POSITIVE_INFINITY;
    return Math.min(state.current.leaseUntil, asked);
  }
  return state.parkedUntil;
}

export function owesWork(state: TaskState): boolean {
  if (state.closing.length > 0) return true;
  if (state.simple && tellsPlan(state)) return true;
  if (state.status === 'merged' || state.status === 'in_review') return true;
  if (state.status === 'pr_open' || state.status === 'merging')
    return state.current === undefined && state.wants !== 'verify';
  // One that was opened for the accepted commit just before it was stopped may not be known yet.
  return state.status === 'cancelled' && (state.pull ?? state.accepted) !== undefined;
}

/** A simple plan is complete while its task is in review: it has to hear that the task has left it. */
export function tellsPlan(state: TaskState): boolean {
  if (state.current !== undefined) return false;
  return state.status === 'changes_requested' || state.status === 'pr_open' || isOver(state.status);
}
