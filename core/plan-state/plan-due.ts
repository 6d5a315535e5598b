import type { PlanEvent } from './plan-event.ts';
import type { PlanState } from './plan-state.ts';

// When a plan is reconciled again even if every message is lost.

/** Time between two looks for a halt, in milliseconds. */
export const HALT_CHECK_MS = 60_000;
const FIRST_FAULT_BACKOFF_MS = 5_000;
const MAX_FAULT_BACKOFF_MS = 600_000;

/** Returns when a plan is due after a transition, in epoch milliseconds. Most states are due at once. */
export function computePlanDueAfterWrite(after: PlanState, event: PlanEvent, now: number): number {
  switch (event.type) {
    case 'planning_parked':
    case 'planning_retried':
      return event.until;
    case 'released':
    case 'halt_suspected':
    case 'halted':
    case 'halt_cleared':
      return now + HALT_CHECK_MS;
    case 'step_faulted': {
      const doublings = Math.min(after.faults - 1, 7);
      return now + Math.min(MAX_FAULT_BACKOFF_MS, FIRST_FAULT_BACKOFF_MS * 2 ** doublings);
    }
    default:
      return now;
  }
}

/** Returns when the next work on a former run is due, in epoch milliseconds; undefined when no such work is left. */
export function computeFormerRunsDue(state: PlanState): number | undefined {
  const times = [
    ...state.pendingCleanups.map(({ at }) => at),
    ...state.stoppingRuns.map(({ dueAt }) => dueAt),
  ];
  return times.length === 0 ? undefined : Math.min(...times);
}
