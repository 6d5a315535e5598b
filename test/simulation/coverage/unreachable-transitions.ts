import type { TaskStatus } from '../../../core/contract/task-status.ts';
import type { TaskEventType } from '../../../core/task-state/task-event.ts';

// Transitions of the state table that are exempt from the required count. By default the exemption declares a transition impossible, and
// its occurrence fails the run. With `isPossible`, the transition may occur, but too rarely for a required count.

/** Exemption of the given events in the given statuses. */
type ExemptionRow = {
  readonly events: readonly TaskEventType[];
  /** Default: all statuses. */
  readonly statuses?: readonly TaskStatus[];
  readonly reason: string;
  /** Default: false. */
  readonly isPossible?: boolean;
};

const LIVE_STATUSES: readonly TaskStatus[] = ['claimed', 'working', 'awaiting_input'];

export const EXEMPT_TRANSITIONS: readonly ExemptionRow[] = [
  {
    events: ['number_raised', 'pods_gone', 'checkpointed', 'unparked'],
    reason: 'the event is bookkeeping and leaves no transition on the task',
  },
  {
    events: ['faulted'],
    statuses: ['pending'],
    reason: 'a pending task causes no forge request',
  },
  {
    events: ['faulted'],
    statuses: ['ready', 'changes_requested', ...LIVE_STATUSES],
    reason:
      'only a handler with outdated state counts a forge failure in this status: a frozen handler, or the merge queue after the task has left it',
    isPossible: true,
  },
  {
    events: ['result_accepted'],
    statuses: ['claimed'],
    reason: 'the first call of a bridge reports that the bridge is ready',
  },
  {
    events: ['attempt_lost', 'attempt_refused', 'attempt_failed', 'result_accepted', 'finish'],
    statuses: ['in_review'],
    reason: 'a task in review has no attempt',
  },
  {
    events: ['pull_ensured'],
    statuses: ['in_review', 'merging'],
    reason: 'the pull request of the task exists before this status',
  },
  {
    events: ['checks_stuck'],
    reason:
      'the simulated forge ends each check within 90 s, long before the engine treats a check as stuck',
    isPossible: true,
  },
  {
    events: ['verify_missing'],
    statuses: ['pr_open'],
    reason: 'the write that invalidates the evidence also requests new evidence',
    isPossible: true,
  },
  {
    events: ['merge_seen'],
    statuses: ['pending'],
    reason: 'a pending task has no accepted commit and therefore no pull request',
  },
];

/** Exemption from the required count. */
export type TransitionExemption = { readonly reason: string; readonly isPossible: boolean };

/** Returns the exemption of a transition; undefined if the transition has a required count. */
export function findExemption(transition: string): TransitionExemption | undefined {
  const [status = '', event = ''] = transition.split(' x ');
  const exemption = EXEMPT_TRANSITIONS.find(
    ({ events, statuses }) =>
      events.some((name) => name === event) &&
      (statuses === undefined || statuses.some((name) => name === status)),
  );
  return exemption === undefined
    ? undefined
    : { reason: exemption.reason, isPossible: exemption.isPossible === true };
}
