import type { TaskStatus } from '../../../core/contract/task.ts';
import type { TaskEventType } from '../../../core/task/event.ts';

// Which transitions of the state table no history of the platform has, and why. What is met all the same fails the run,
// except for a race so narrow that it is not waited for.

type Row = {
  events: readonly TaskEventType[];
  /** Absent: in all. */
  statuses?: readonly TaskStatus[];
  because: string;
  /** It may be met; it is not asked for. */
  isRace?: boolean;
};

const LIVE: readonly TaskStatus[] = ['claimed', 'working', 'awaiting_input'];

export const UNREACHABLE: readonly Row[] = [
  {
    events: ['number_raised', 'pods_gone', 'checkpointed', 'unparked'],
    because: 'bookkeeping that leaves no transition on the task',
  },
  {
    events: ['faulted'],
    statuses: ['pending', 'ready', 'changes_requested', ...LIVE],
    because: 'what such a task owes asks no forge, and nothing else refuses it for good',
    isRace: true,
  },
  {
    events: ['question_asked', 'question_answered', 'attempt_failed', 'result_accepted'],
    statuses: ['claimed'],
    because: 'a bridge says that it is ready before it says anything else',
  },
  {
    events: ['attempt_lost', 'attempt_refused', 'attempt_failed', 'result_accepted', 'finish'],
    statuses: ['in_review'],
    because: 'no attempt lives beside a review',
  },
  {
    events: ['bridge_ready', 'claimed'],
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
    because: 'its checks end within minutes; what never ends is tried beside the code',
    isRace: true,
  },
  {
    events: ['verify_missing'],
    statuses: ['pr_open'],
    because: 'what takes the evidence away asks for new evidence by itself',
    isRace: true,
  },
  {
    events: ['merge_seen', 'pull_closed'],
    statuses: ['pending'],
    because: 'whoever waits for others has no accepted commit, and so no pull request',
  },
];

export type WhyNot = { because: string; isRace: boolean };

/** Undefined: it can be met. */
export function whyUnreachable(transition: string): WhyNot | undefined {
  const [status = '', event = ''] = transition.split(' x ');
  const row = UNREACHABLE.find(
    (one) =>
      one.events.some((name) => name === event) &&
      (one.statuses === undefined || one.statuses.some((name) => name === status)),
  );
  return row === undefined ? undefined : { because: row.because, isRace: row.isRace === true };
}
