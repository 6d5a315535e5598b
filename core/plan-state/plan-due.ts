import type { PlanEvent } from './plan-event.ts';
import type { PlanState } from './plan-state.ts';

// Due times of plans. The resync reconciles a due plan even if every wake-up message is lost.

/** Time between two checks for a halt, milliseconds. */
export const HALT_CHECK_MS = 60_000;
const FIRST_STEP_RETRY_MS = 5_000;
const MAX_STEP_RETRY_MS = 600_000;

/** Returns the due time of a plan after a transition, epoch milliseconds. After most events, the plan is due at once. */
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
      const doublings = Math.min(after.consecutiveEngineFailures - 1, 7);
      return now + Math.min(MAX_STEP_RETRY_MS, FIRST_STEP_RETRY_MS * 2 ** doublings);
    }
    default:
      return now;
  }
}

/** Returns when the next cancellation pass or branch deletion is due, epoch milliseconds; undefined if none is pending. */
export function computeCleanupDue(state: PlanState): number | undefined {
  const times = [
    ...state.pendingCleanups.map(({ at }) => at),
    ...state.stoppingRuns.map(({ dueAt }) => dueAt),
  ];
  return times.length === 0 ? undefined : Math.min(...times);
}
