import type { TaskStatus } from '../../core/contract/task-status.ts';
import type { TaskEventType } from '../../core/task-state/task-event.ts';
import { formatTransition } from './coverage/coverage.ts';
import type { FaultKind } from './faults.ts';
import { FOCUS_WEIGHTS } from './focus-weight.ts';
import type { Random } from './time/random.ts';

// What a seed may be about: a transition that is rare by itself. Its writes are struck far more often than others, what
// brings it about happens more often, and a person who knows what they are after does their part.

export type Focus = {
  readonly status: TaskStatus;
  readonly event: TaskEventType;
  readonly by: readonly FaultKind[];
  /** What a handler does at the forge that is struck as well, since the transition is what comes of it. */
  readonly after?: string;
};

const PERSON_FOCI: readonly (readonly [TaskEventType, readonly TaskStatus[]])[] = [
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
  ['root_moved', ['merged']],
];
const WORLD_FOCI: readonly Focus[] = [
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
  { status: 'changes_requested', event: 'claimed', by: ['person_reviews'] },
  { status: 'pr_open', event: 'claimed', by: ['person_pushes'] },
  { status: 'pr_open', event: 'bridge_ready', by: ['person_pushes'] },
  { status: 'pr_open', event: 'attempt_lost', by: ['person_pushes', 'pod_lost', 'pod_silent'] },
  { status: 'pr_open', event: 'attempt_refused', by: ['person_pushes', 'agent_refused'] },
  { status: 'pr_open', event: 'attempt_failed', by: ['person_pushes', 'agent_failed'] },
  { status: 'pr_open', event: 'result_accepted', by: ['person_pushes'] },
  { status: 'pr_open', event: 'faulted', by: ['forge_odd'] },
  { status: 'in_review', event: 'faulted', by: ['forge_odd'] },
  { status: 'merging', event: 'faulted', by: ['forge_odd'] },
  { status: 'merging', event: 'verify_wanted', by: ['person_roots'] },
  { status: 'merging', event: 'claimed', by: ['person_roots'] },
  { status: 'merging', event: 'bridge_ready', by: ['person_roots'] },
  { status: 'merging', event: 'result_accepted', by: ['person_roots'] },
  {
    status: 'merging',
    event: 'attempt_lost',
    by: ['person_roots', 'pod_lost', 'pod_silent', 'pod_slow'],
  },
  { status: 'merging', event: 'attempt_refused', by: ['person_roots', 'agent_refused'] },
  { status: 'merging', event: 'attempt_failed', by: ['person_roots', 'agent_failed'] },
  { status: 'pr_open', event: 'forge_refused', by: ['forge_rule'] },
  { status: 'pr_open', event: 'pull_ensured', by: [], after: 'ensurePull' },
  { status: 'cancelled', event: 'pull_ensured', by: ['webhook_drop'], after: 'ensurePull' },
];
/** What puts a task where it seldom is. */
const FAULTS_BY_STATUS: Partial<Record<TaskStatus, readonly FaultKind[]>> = {
  awaiting_input: ['agent_asks', 'person_reviews'],
  claimed: ['person_reviews', 'pod_slow'],
  working: ['person_reviews'],
  ready: ['person_reviews', 'agent_failed', 'agent_refused', 'queue_drop', 'tick_lost'],
  changes_requested: ['person_reviews'],
  blocked: ['forge_rule', 'person_reviews'],
  failed: ['person_closes'],
  cancelled: ['person_orders'],
  merging: ['person_roots', 'pod_slow'],
  merged: ['person_roots'],
};

const ALL_FOCI: readonly Focus[] = [
  ...WORLD_FOCI,
  ...PERSON_FOCI.flatMap(([event, statuses]) =>
    statuses.map((status) => ({ status, event, by: FAULTS_BY_STATUS[status] ?? [] })),
  ),
];

/** Those that need more seeds than others are struck in every seed that they happen in. */
function getFocusWeight({ status, event }: Focus): number {
  return FOCUS_WEIGHTS[status]?.[event] ?? 1;
}

const WEIGHTED_FOCI = ALL_FOCI.flatMap((focus) =>
  Array.from({ length: getFocusWeight(focus) }, () => focus),
);
const FOCI_PER_SEED = 3;

/** All of one status, so that what brings a task there is not undone by what keeps it elsewhere. */
export function pickFoci(random: Random): Focus[] {
  const { status } = random.pick(WEIGHTED_FOCI);
  const ofStatus = WEIGHTED_FOCI.filter((focus) => focus.status === status);
  return Array.from({ length: FOCI_PER_SEED }, () => random.pick(ofStatus));
}

const LATE_STATUSES: readonly TaskStatus[] = ['in_review', 'merging', 'merged'];
const REPAIR_STATUSES: readonly TaskStatus[] = [
  'ready',
  'claimed',
  'working',
  'awaiting_input',
  'changes_requested',
];

/** In such a status a task has a pull request only while it is repaired. */
export function isRepairFocus({ status, event }: Focus): boolean {
  return (event === 'merge_seen' || event === 'pull_closed') && REPAIR_STATUSES.includes(status);
}

/** It takes a task long to come there, and much else must not go wrong before. */
export function isLateFocus(focus: Focus): boolean {
  return LATE_STATUSES.includes(focus.status) || isRepairFocus(focus);
}

/** How often the write of a transition is struck, out of 1, in a seed that is not about it. */
const STRIKE_RATES = new Map(
  ALL_FOCI.map((focus) => [
    formatTransition(focus.status, focus.event),
    getFocusWeight(focus) > 1 ? 0.75 : 0.15,
  ]),
);
const FOCUS_STRIKE_RATE = 0.9;
const DEFAULT_STRIKE_RATE = 0.01;

/** The same of whatever a handler is about to do, given what its seed is about. */
export function getStrikeRate(
  foci: readonly Focus[],
  deed: { readonly what: string; readonly writes?: string },
): number {
  const { what, writes } = deed;
  const isMeant = ({ status, event, after }: Focus): boolean =>
    after === what || writes === formatTransition(status, event);
  if (foci.some(isMeant)) return FOCUS_STRIKE_RATE;
  return writes === undefined ? 0 : (STRIKE_RATES.get(writes) ?? DEFAULT_STRIKE_RATE);
}
