import type { TaskStatus } from '../../../core/contract/task-status.ts';
import type { TaskEventType } from '../../../core/task-state/task-event.ts';

// Which transitions of the state table no history of the simulation has, and why. What is met all the same fails the run,
// except for what may be met and is so rare that no run is held to it.

type UnreachableRow = {
  readonly events: readonly TaskEventType[];
  /** Absent: in all. */
  readonly statuses?: readonly TaskStatus[];
  readonly because: string;
  /** It may be met. */
  readonly isNotAskedFor?: boolean;
};

const LIVE_STATUSES: readonly TaskStatus[] = ['claimed', 'working', 'awaiting_input'];

export const UNREACHABLE_TRANSITIONS: readonly UnreachableRow[] = [
  {
    events: ['number_raised', 'pods_gone', 'checkpointed', 'unparked'],
    because: 'bookkeeping that leaves no transition on the task',
  },
  {
    events: ['faulted'],
    statuses: ['pending'],
    because: 'who waits for others asks no forge, and was never where a forge is asked',
  },
  {
    events: ['faulted'],
    statuses: ['ready', 'changes_requested', ...LIVE_STATUSES],
    because:
      'only who looked at its pull request before it came there counts a failure on it: the lane that it has left, or a late handler',
    isNotAskedFor: true,
  },
  {
    events: ['attempt_failed', 'result_accepted'],
    statuses: ['claimed'],
    because: 'a bridge says that it is ready before it says anything else',
  },
  {
    events: ['attempt_lost', 'attempt_refused', 'attempt_failed', 'result_accepted', 'finish'],
    statuses: ['in_review'],
    because: 'no attempt lives beside a review',
  },
  {
    events: ['pull_ensured'],
    statuses: ['in_review', 'merging'],
    because: 'its pull request was ensured before it came there',
  },
  {
    events: ['checks_stuck'],
    because:
      'the forge of the simulation ends each check within 90 s, long before the engine takes one for stuck',
    isNotAskedFor: true,
  },
  {
    events: ['verify_missing'],
    statuses: ['pr_open'],
    because: 'what takes the evidence away asks for new evidence in the same write',
    isNotAskedFor: true,
  },
  {
    events: ['merge_seen'],
    statuses: ['pending'],
    because: 'whoever waits for others has no accepted commit, and so no pull request',
  },
];

export type UnreachableReason = { readonly because: string; readonly isNotAskedFor: boolean };

/** Undefined: it can be met. */
export function findUnreachableReason(transition: string): UnreachableReason | undefined {
  const [status = '', event = ''] = transition.split(' x ');
  const row = UNREACHABLE_TRANSITIONS.find(
    (one) =>
      one.events.some((name) => name === event) &&
      (one.statuses === undefined || one.statuses.some((name) => name === status)),
  );
  return row === undefined
    ? undefined
    : { because: row.because, isNotAskedFor: row.isNotAskedFor === true };
}
