import type { TaskStatus } from '../../core/contract/task.ts';
import type { TaskEventType } from '../../core/task/event.ts';
import type { FaultKind } from './faults.ts';

// What a seed may be about: a transition that is rare by itself. Its writes are struck far more often than others, what
// brings it about happens more often, and a person who knows what they are after does their part.

export type Focus = { status: TaskStatus; event: TaskEventType; by: readonly FaultKind[] };

const PERSON: readonly (readonly [TaskEventType, readonly TaskStatus[]])[] = [
  ['cancel', ['pending', 'ready', 'claimed', 'working', 'awaiting_input', 'pr_open', 'in_review']],
  ['cancel', ['changes_requested', 'merging', 'blocked', 'failed']],
  ['retry', ['blocked', 'failed', 'cancelled']],
  ['unblock', ['blocked']],
  ['finish', ['claimed', 'working', 'awaiting_input', 'pr_open', 'merging']],
  ['merge_seen', ['ready', 'claimed', 'working', 'awaiting_input', 'pr_open', 'in_review']],
  ['merge_seen', ['changes_requested', 'merging', 'blocked', 'failed', 'cancelled']],
  ['pull_closed', ['ready', 'claimed', 'working', 'awaiting_input', 'pr_open', 'in_review']],
  ['pull_closed', ['changes_requested', 'merging', 'blocked']],
  ['pull_reopened', ['failed']],
  ['head_moved', ['pr_open', 'in_review', 'merging']],
  ['changes_requested', ['pr_open', 'in_review', 'merging']],
  ['forge_refused', ['in_review', 'merging']],
  ['approved', ['in_review']],
];
const WORLD: readonly Focus[] = [
  { status: 'awaiting_input', event: 'question_asked', by: ['agent_asks', 'agent_impatient'] },
  { status: 'awaiting_input', event: 'question_answered', by: ['agent_asks'] },
  { status: 'working', event: 'question_asked', by: ['agent_asks'] },
  { status: 'awaiting_input', event: 'attempt_lost', by: ['agent_asks', 'pod_lost', 'pod_silent'] },
  {
    status: 'awaiting_input',
    event: 'attempt_refused',
    by: ['agent_asks', 'agent_impatient', 'agent_refused'],
  },
  {
    status: 'awaiting_input',
    event: 'attempt_failed',
    by: ['agent_asks', 'agent_impatient', 'agent_failed'],
  },
  { status: 'awaiting_input', event: 'result_accepted', by: ['agent_asks', 'agent_impatient'] },
  { status: 'claimed', event: 'attempt_lost', by: ['pod_slow'] },
  { status: 'claimed', event: 'attempt_refused', by: ['launcher_refuse'] },
  { status: 'working', event: 'attempt_lost', by: ['pod_lost', 'pod_silent', 'pod_cut_off'] },
  { status: 'working', event: 'attempt_refused', by: ['agent_refused'] },
  { status: 'working', event: 'attempt_failed', by: ['agent_failed'] },
  { status: 'pr_open', event: 'claimed', by: ['person_pushes'] },
  { status: 'pr_open', event: 'bridge_ready', by: ['person_pushes'] },
  { status: 'pr_open', event: 'attempt_lost', by: ['person_pushes', 'pod_lost', 'pod_silent'] },
  { status: 'pr_open', event: 'attempt_refused', by: ['person_pushes', 'agent_refused'] },
  { status: 'pr_open', event: 'attempt_failed', by: ['person_pushes', 'agent_failed'] },
  { status: 'pr_open', event: 'result_accepted', by: ['person_pushes'] },
  { status: 'pr_open', event: 'verify_missing', by: ['person_pushes', 'person_orders'] },
  { status: 'pr_open', event: 'faulted', by: ['forge_odd'] },
  { status: 'in_review', event: 'faulted', by: ['forge_odd'] },
  { status: 'merging', event: 'faulted', by: ['forge_odd'] },
  { status: 'merging', event: 'verify_wanted', by: ['person_roots'] },
  { status: 'merging', event: 'claimed', by: ['person_roots'] },
  { status: 'merging', event: 'bridge_ready', by: ['person_roots'] },
  { status: 'merging', event: 'result_accepted', by: ['person_roots'] },
  { status: 'merging', event: 'attempt_lost', by: ['person_roots', 'pod_lost', 'pod_silent'] },
  { status: 'merging', event: 'attempt_refused', by: ['person_roots', 'agent_refused'] },
  { status: 'merging', event: 'attempt_failed', by: ['person_roots', 'agent_failed'] },
  { status: 'pr_open', event: 'forge_refused', by: ['forge_rule'] },
  { status: 'merged', event: 'root_moved', by: ['person_roots'] },
  { status: 'cancelled', event: 'pull_ensured', by: ['forge_odd', 'forge_paused'] },
];
/** What puts a task where it seldom is. */
const WHERE: Partial<Record<TaskStatus, readonly FaultKind[]>> = {
  awaiting_input: ['agent_asks', 'person_reviews'],
  claimed: ['person_reviews', 'pod_slow'],
  working: ['person_reviews'],
  ready: ['person_reviews', 'agent_failed'],
  changes_requested: ['person_reviews'],
  blocked: ['agent_failed', 'agent_bad', 'forge_rule', 'person_reviews'],
  failed: ['person_closes'],
  cancelled: ['person_orders'],
  merging: ['person_roots'],
};
/** Those that need more seeds than the others. */
const SELDOM: readonly (readonly [TaskStatus, readonly TaskEventType[]])[] = [
  ['ready', ['merge_seen', 'pull_closed']],
  ['claimed', ['merge_seen', 'pull_closed']],
  ['awaiting_input', ['question_asked', 'attempt_refused', 'merge_seen', 'pull_closed']],
  ['pr_open', ['forge_refused', 'faulted', 'finish']],
  ['in_review', ['faulted']],
  ['changes_requested', ['merge_seen', 'pull_closed', 'cancel']],
  ['merging', ['attempt_lost', 'attempt_refused', 'attempt_failed', 'finish', 'faulted']],
  ['merged', ['root_moved']],
  ['blocked', ['merge_seen', 'pull_closed', 'cancel']],
  ['cancelled', ['pull_ensured', 'merge_seen']],
];

const ALL: readonly Focus[] = [
  ...WORLD,
  ...PERSON.flatMap(([event, statuses]) =>
    statuses.map((status) => ({ status, event, by: WHERE[status] ?? [] })),
  ),
];

function isSeldom({ status, event }: Focus): boolean {
  return SELDOM.some(([one, events]) => one === status && events.includes(event));
}

/** To be picked from. */
export const FOCI = ALL.flatMap((focus) => (isSeldom(focus) ? [focus, focus, focus] : [focus]));
