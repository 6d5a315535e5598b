import type { TaskStatus } from '../../core/contract/task-status.ts';
import type { TaskEventType } from '../../core/task-state/task-event.ts';

/**
 * How many times as many seeds as others are about a transition: found by measuring, not derived. After
 * `node test/simulation/main.ts --seeds 3000 --from 60000 --json`, the five cells of each transition (`cells`) are put to
 * 20,000 seeds, and each has to be expected 70 times there: the 50 that are demanded, and more than two standard deviations.
 * Where it is less, the weight rises in proportion; where it is far more, it falls, since all share the same seeds. When all
 * are too few, it is the rates at the end of focus.ts that are too low. To be found again when a long run says that a cell
 * was not met often enough, and after a focus, or a fault kind that strikes handlers, has been added.
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
