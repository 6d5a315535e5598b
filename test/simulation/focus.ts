import type { TaskStatus } from '../../core/contract/task-status.ts';
import type { TaskEventType } from '../../core/task-state/task-event.ts';
import { formatTransition } from './coverage/coverage.ts';
import type { FaultKind } from './faults.ts';
import { FOCUS_WEIGHTS } from './focus-weight.ts';
import type { Random } from './time/random.ts';

// Foci: transitions that are rare without help. In a seed with a focus, faults hit the writes of the transition far more
// often, its causes are more frequent, and a purposeful person contributes the commands the transition needs.

/** Transition a seed concentrates on. */
export type Focus = {
  readonly status: TaskStatus;
  readonly event: TaskEventType;
  /** Faults that lead to the transition. */
  readonly causes: readonly FaultKind[];
  /** Operation of the forge port that is hit as well, because the transition follows from its answer. */
  readonly operation?: string;
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
  { status: 'awaiting_input', event: 'question_asked', causes: ['agent_asks', 'agent_impatient'] },
  { status: 'awaiting_input', event: 'question_answered', causes: ['agent_asks'] },
  { status: 'working', event: 'question_asked', causes: ['agent_asks'] },
  {
    status: 'awaiting_input',
    event: 'attempt_lost',
    causes: ['agent_asks', 'pod_lost', 'pod_silent'],
  },
  {
    status: 'awaiting_input',
    event: 'attempt_refused',
    causes: ['agent_asks', 'agent_impatient', 'agent_refused'],
  },
  {
    status: 'awaiting_input',
    event: 'attempt_failed',
    causes: ['agent_asks', 'agent_impatient', 'agent_failed'],
  },
  { status: 'awaiting_input', event: 'result_accepted', causes: ['agent_asks', 'agent_impatient'] },
  { status: 'claimed', event: 'attempt_lost', causes: ['pod_slow'] },
  { status: 'claimed', event: 'attempt_refused', causes: ['launcher_refuse'] },
  { status: 'working', event: 'attempt_lost', causes: ['pod_lost', 'pod_silent', 'pod_cut_off'] },
  { status: 'working', event: 'attempt_refused', causes: ['agent_refused'] },
  { status: 'working', event: 'attempt_failed', causes: ['agent_failed'] },
  { status: 'changes_requested', event: 'claimed', causes: ['person_reviews'] },
  { status: 'pr_open', event: 'claimed', causes: ['person_pushes'] },
  { status: 'pr_open', event: 'bridge_ready', causes: ['person_pushes'] },
  { status: 'pr_open', event: 'attempt_lost', causes: ['person_pushes', 'pod_lost', 'pod_silent'] },
  { status: 'pr_open', event: 'attempt_refused', causes: ['person_pushes', 'agent_refused'] },
  { status: 'pr_open', event: 'attempt_failed', causes: ['person_pushes', 'agent_failed'] },
  { status: 'pr_open', event: 'result_accepted', causes: ['person_pushes'] },
  { status: 'pr_open', event: 'faulted', causes: ['forge_odd'] },
  { status: 'in_review', event: 'faulted', causes: ['forge_odd'] },
  { status: 'merging', event: 'faulted', causes: ['forge_odd'] },
  { status: 'merging', event: 'verify_wanted', causes: ['person_roots'] },
  { status: 'merging', event: 'claimed', causes: ['person_roots'] },
  { status: 'merging', event: 'bridge_ready', causes: ['person_roots'] },
  { status: 'merging', event: 'result_accepted', causes: ['person_roots'] },
  {
    status: 'merging',
    event: 'attempt_lost',
    causes: ['person_roots', 'pod_lost', 'pod_silent', 'pod_slow'],
  },
  { status: 'merging', event: 'attempt_refused', causes: ['person_roots', 'agent_refused'] },
  { status: 'merging', event: 'attempt_failed', causes: ['person_roots', 'agent_failed'] },
  { status: 'pr_open', event: 'forge_refused', causes: ['forge_rule'] },
  { status: 'pr_open', event: 'pull_ensured', causes: [], operation: 'ensurePull' },
  { status: 'cancelled', event: 'pull_ensured', causes: ['webhook_drop'], operation: 'ensurePull' },
];
/** Faults that bring a task into a status that is rare without them. */
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
    statuses.map((status) => ({ status, event, causes: FAULTS_BY_STATUS[status] ?? [] })),
  ),
];

/** Returns the number of shares of a focus in the draw. */
function getFocusWeight({ status, event }: Focus): number {
  return FOCUS_WEIGHTS[status]?.[event] ?? 1;
}

const WEIGHTED_FOCI = ALL_FOCI.flatMap((focus) =>
  Array.from({ length: getFocusWeight(focus) }, () => focus),
);
const FOCI_PER_SEED = 3;

/** Draws foci of a single status, because the causes of different statuses work against each other. */
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

/** True for a focus on a pull request in a status that has a pull request only during a repair. */
export function isRepairFocus({ status, event }: Focus): boolean {
  return (event === 'merge_seen' || event === 'pull_closed') && REPAIR_STATUSES.includes(status);
}

/** True when a task needs a long time without other faults to reach the status. */
export function isLateFocus(focus: Focus): boolean {
  return LATE_STATUSES.includes(focus.status) || isRepairFocus(focus);
}

/** Probability of a fault at the write of a transition, in seeds without a focus on the transition. */
const STRIKE_RATES = new Map(
  ALL_FOCI.map((focus) => [
    formatTransition(focus.status, focus.event),
    getFocusWeight(focus) > 1 ? 0.75 : 0.15,
  ]),
);
const FOCUS_STRIKE_RATE = 0.9;
const DEFAULT_STRIKE_RATE = 0.01;

/** Returns the probability of a handler fault at the effect, given the foci of the seed. */
export function getStrikeRate(
  foci: readonly Focus[],
  effect: { readonly operation: string; readonly writes?: string },
): number {
  const { operation, writes } = effect;
  const isInFocus = (focus: Focus): boolean =>
    focus.operation === operation || writes === formatTransition(focus.status, focus.event);
  if (foci.some(isInFocus)) return FOCUS_STRIKE_RATE;
  return writes === undefined ? 0 : (STRIKE_RATES.get(writes) ?? DEFAULT_STRIKE_RATE);
}
