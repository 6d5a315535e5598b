import type { TaskStatus } from '../../core/contract/task.ts';
import type { TaskEventType } from '../../core/task/event.ts';

/**
 * How many times as many seeds as others are about a transition: found by measuring, not derived. After
 * `node test/simulation/main.ts --seeds 3000 --from 60000 --json`, the cell of each transition that was met least (`cells`),
 * times 20,000 / 3,000, has to be 70 or more: the 50 of ENOUGH, and two standard deviations. Where it is less, the weight
 * rises in the same proportion; where it is far more, it falls, since all share the same seeds. To be found again when
 * coverageProblems says `was met ... times` of a long run, or when a fault kind or a focus has been added.
 */
export const SELDOM: Partial<Record<TaskStatus, Partial<Record<TaskEventType, number>>>> = {
  ready: { merge_seen: 18, pull_closed: 20 },
  claimed: { merge_seen: 10, pull_closed: 6, finish: 4, cancel: 2 },
  working: { merge_seen: 4, pull_closed: 4, finish: 3 },
  awaiting_input: {
    question_asked: 7,
    attempt_lost: 6,
    attempt_refused: 15,
    attempt_failed: 12,
    result_accepted: 3,
    merge_seen: 8,
    pull_closed: 8,
    finish: 4,
    cancel: 3,
  },
  pr_open: {
    attempt_lost: 3,
    attempt_refused: 3,
    attempt_failed: 2,
    result_accepted: 2,
    forge_refused: 2,
    merge_seen: 3,
    pull_closed: 2,
    cancel: 3,
    finish: 12,
    faulted: 4,
  },
  in_review: { forge_refused: 13, head_moved: 2, pull_closed: 2, cancel: 3, faulted: 14 },
  changes_requested: { merge_seen: 8, pull_closed: 8, cancel: 8 },
  merging: {
    verify_wanted: 2,
    claimed: 2,
    bridge_ready: 2,
    result_accepted: 2,
    attempt_lost: 22,
    attempt_refused: 28,
    attempt_failed: 22,
    finish: 26,
    faulted: 8,
    cancel: 4,
    pull_closed: 2,
    forge_refused: 2,
    head_moved: 2,
  },
  merged: { root_moved: 12 },
  blocked: { merge_seen: 35, pull_closed: 26, retry: 2, unblock: 10, cancel: 9 },
  failed: { merge_seen: 10, retry: 2, cancel: 4, pull_reopened: 2 },
  cancelled: { pull_ensured: 9, merge_seen: 5 },
};
