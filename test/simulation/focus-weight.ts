import type { TaskStatus } from '../../core/contract/task-status.ts';
import type { TaskEventType } from '../../core/task-state/task-event.ts';

/**
 * Weight of each focus transition in the draw of a seed; default 1. The weights come from measurements, not from a calculation. To
 * measure again, run `npm run --silent simulate -- --seeds 3000 --from 60000 --json` and scale the counts of each transition with each
 * of the five handler faults (`cells` in the output) to 20,000 seeds. The target is 70 per count: the required 50 plus two standard
 * deviations. Below the target, raise the weight in proportion. Far above the target, lower the weight, because all transitions share
 * the same seeds. If all counts are below the target, the rates at the end of focus.ts are too low. Measure again when a long run
 * reports a count below the required 50, and after adding a focus transition or a handler fault.
 */
export const FOCUS_WEIGHTS: Partial<Record<TaskStatus, Partial<Record<TaskEventType, number>>>> = {
  ready: { merge_seen: 24, pull_closed: 38 },
  claimed: { cancel: 2, finish: 2, merge_seen: 5, pull_closed: 6 },
  working: { finish: 2, merge_seen: 3, pull_closed: 2 },
  awaiting_input: {
    question_asked: 7,
    attempt_lost: 4,
    attempt_refused: 17,
    attempt_failed: 11,
    result_accepted: 2,
    cancel: 2,
    finish: 4,
    merge_seen: 10,
    pull_closed: 7,
  },
  pr_open: {
    attempt_lost: 2,
    attempt_refused: 2,
    attempt_failed: 2,
    result_accepted: 2,
    faulted: 2,
    forge_refused: 2,
    cancel: 2,
    finish: 10,
    merge_seen: 2,
    pull_closed: 2,
  },
  in_review: { faulted: 15, cancel: 2, pull_closed: 2, head_moved: 2, forge_refused: 20 },
  changes_requested: { cancel: 4, merge_seen: 5, pull_closed: 6 },
  merging: {
    faulted: 12,
    verify_wanted: 2,
    claimed: 2,
    bridge_ready: 2,
    result_accepted: 2,
    attempt_lost: 37,
    attempt_refused: 43,
    attempt_failed: 60,
    cancel: 3,
    finish: 32,
    pull_closed: 2,
    head_moved: 2,
    forge_refused: 2,
  },
  merged: { root_moved: 14 },
  blocked: { cancel: 6, retry: 2, unblock: 14, merge_seen: 44, pull_closed: 60 },
  failed: { cancel: 5, retry: 2, merge_seen: 18, pull_reopened: 2 },
  cancelled: { pull_ensured: 18, merge_seen: 7 },
};
