import type { TaskStatus } from '../../core/contract/task-status.ts';
import type { TaskEventType } from '../../core/task-state/task-event.ts';
import { formatTransition } from './coverage/coverage.ts';
import type { FaultKind } from './faults.ts';
import { FOCUS_WEIGHTS } from './focus-weight.ts';
import type { Random } from './time/random.ts';

// Focus transitions: task transitions that are rare in a random history. A seed draws a few of them. In this seed, handler faults hit
// the writes of these transitions far more often, the faults that cause them are more frequent, and a person acts to cause them.

/** Task transition that a seed makes more frequent. */
export type FocusTransition = {
  readonly status: TaskStatus;
  readonly event: TaskEventType;
  /** Faults that cause the transition. */
  readonly causes: readonly FaultKind[];
  /** Operation of the forge port that handler faults hit as well, because the transition follows from its answer. */
  readonly operation?: string;
};

/** Transitions that a person causes; see purposeful-person.ts. */
const TRANSITIONS_BY_PERSON: readonly (readonly [TaskEventType, readonly TaskStatus[]])[] = [
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
/** Transitions that faults cause. */
const TRANSITIONS_BY_FAULT: readonly FocusTransition[] = [
  {
    status: 'awaiting_input',
    event: 'question_asked',
    causes: ['agent_asks_question', 'agent_stops_waiting'],
  },
  { status: 'awaiting_input', event: 'question_answered', causes: ['agent_asks_question'] },
  { status: 'working', event: 'question_asked', causes: ['agent_asks_question'] },
  {
    status: 'awaiting_input',
    event: 'attempt_lost',
    causes: ['agent_asks_question', 'pod_dies', 'pod_dies_unreported'],
  },
  {
    status: 'awaiting_input',
    event: 'attempt_refused',
    causes: ['agent_asks_question', 'agent_stops_waiting', 'provider_refuses_attempt'],
  },
  {
    status: 'awaiting_input',
    event: 'attempt_failed',
    causes: ['agent_asks_question', 'agent_stops_waiting', 'agent_fails'],
  },
  {
    status: 'awaiting_input',
    event: 'result_accepted',
    causes: ['agent_asks_question', 'agent_stops_waiting'],
  },
  { status: 'claimed', event: 'attempt_lost', causes: ['pod_starts_late'] },
  { status: 'claimed', event: 'attempt_refused', causes: ['launch_refused'] },
  {
    status: 'working',
    event: 'attempt_lost',
    causes: ['pod_dies', 'pod_dies_unreported', 'pod_cut_off'],
  },
  { status: 'working', event: 'attempt_refused', causes: ['provider_refuses_attempt'] },
  { status: 'working', event: 'attempt_failed', causes: ['agent_fails'] },
  { status: 'changes_requested', event: 'claimed', causes: ['person_reviews_pull'] },
  { status: 'pr_open', event: 'claimed', causes: ['person_pushes_to_task_branch'] },
  { status: 'pr_open', event: 'bridge_ready', causes: ['person_pushes_to_task_branch'] },
  {
    status: 'pr_open',
    event: 'attempt_lost',
    causes: ['person_pushes_to_task_branch', 'pod_dies', 'pod_dies_unreported'],
  },
  {
    status: 'pr_open',
    event: 'attempt_refused',
    causes: ['person_pushes_to_task_branch', 'provider_refuses_attempt'],
  },
  {
    status: 'pr_open',
    event: 'attempt_failed',
    causes: ['person_pushes_to_task_branch', 'agent_fails'],
  },
  { status: 'pr_open', event: 'result_accepted', causes: ['person_pushes_to_task_branch'] },
  { status: 'pr_open', event: 'faulted', causes: ['forge_false_not_found'] },
  { status: 'in_review', event: 'faulted', causes: ['forge_false_not_found'] },
  { status: 'merging', event: 'faulted', causes: ['forge_false_not_found'] },
  { status: 'merging', event: 'verify_wanted', causes: ['person_pushes_to_root_branch'] },
  { status: 'merging', event: 'claimed', causes: ['person_pushes_to_root_branch'] },
  { status: 'merging', event: 'bridge_ready', causes: ['person_pushes_to_root_branch'] },
  { status: 'merging', event: 'result_accepted', causes: ['person_pushes_to_root_branch'] },
  {
    status: 'merging',
    event: 'attempt_lost',
    causes: ['person_pushes_to_root_branch', 'pod_dies', 'pod_dies_unreported', 'pod_starts_late'],
  },
  {
    status: 'merging',
    event: 'attempt_refused',
    causes: ['person_pushes_to_root_branch', 'provider_refuses_attempt'],
  },
  {
    status: 'merging',
    event: 'attempt_failed',
    causes: ['person_pushes_to_root_branch', 'agent_fails'],
  },
  { status: 'pr_open', event: 'forge_refused', causes: ['forge_rule_refuses'] },
  { status: 'pr_open', event: 'pull_ensured', causes: [], operation: 'ensurePull' },
  { status: 'cancelled', event: 'pull_ensured', causes: ['webhook_lost'], operation: 'ensurePull' },
];
/** By status: faults that bring a task into the status. */
const FAULTS_BY_STATUS: Partial<Record<TaskStatus, readonly FaultKind[]>> = {
  awaiting_input: ['agent_asks_question', 'person_reviews_pull'],
  claimed: ['person_reviews_pull', 'pod_starts_late'],
  working: ['person_reviews_pull'],
  ready: [
    'person_reviews_pull',
    'agent_fails',
    'provider_refuses_attempt',
    'message_lost',
    'resync_trigger_lost',
  ],
  changes_requested: ['person_reviews_pull'],
  blocked: ['forge_rule_refuses', 'person_reviews_pull'],
  failed: ['person_closes_or_reopens_pull'],
  cancelled: ['person_commands_task'],
  merging: ['person_pushes_to_root_branch', 'pod_starts_late'],
  merged: ['person_pushes_to_root_branch'],
};

const ALL_FOCUS_TRANSITIONS: readonly FocusTransition[] = [
  ...TRANSITIONS_BY_FAULT,
  ...TRANSITIONS_BY_PERSON.flatMap(([event, statuses]) =>
    statuses.map((status) => ({ status, event, causes: FAULTS_BY_STATUS[status] ?? [] })),
  ),
];

/** Returns the weight of a focus transition in the draw. */
function getFocusWeight({ status, event }: FocusTransition): number {
  return FOCUS_WEIGHTS[status]?.[event] ?? 1;
}

/** Contains each focus transition as often as its weight says. */
const WEIGHTED_FOCUS_TRANSITIONS = ALL_FOCUS_TRANSITIONS.flatMap((transition) =>
  Array.from({ length: getFocusWeight(transition) }, () => transition),
);
const FOCUS_TRANSITIONS_PER_SEED = 3;

/** Draws focus transitions of a single status, because the causes of different statuses work against each other. */
export function pickFocusTransitions(random: Random): FocusTransition[] {
  const { status } = random.pick(WEIGHTED_FOCUS_TRANSITIONS);
  const candidates = WEIGHTED_FOCUS_TRANSITIONS.filter(
    (transition) => transition.status === status,
  );
  return Array.from({ length: FOCUS_TRANSITIONS_PER_SEED }, () => random.pick(candidates));
}

const STATUSES_REACHED_LATE: readonly TaskStatus[] = ['in_review', 'merging', 'merged'];
const STATUSES_WITH_PULL_ONLY_IN_REPAIR: readonly TaskStatus[] = [
  'ready',
  'claimed',
  'working',
  'awaiting_input',
  'changes_requested',
];

/** Returns true for a transition of a pull request in a status in which only a task under repair has a pull request. */
export function requiresRepair({ status, event }: FocusTransition): boolean {
  return (
    (event === 'merge_seen' || event === 'pull_closed') &&
    STATUSES_WITH_PULL_ONLY_IN_REPAIR.includes(status)
  );
}

/** Returns true if a task reaches the transition only after a long time with few faults. */
export function isReachedLate(transition: FocusTransition): boolean {
  return STATUSES_REACHED_LATE.includes(transition.status) || requiresRepair(transition);
}

/** Probability of a handler fault at the write of a focus transition that the seed has not drawn. */
const RATE_BY_TRANSITION = new Map(
  ALL_FOCUS_TRANSITIONS.map((transition) => [
    formatTransition(transition.status, transition.event),
    getFocusWeight(transition) > 1 ? 0.75 : 0.15,
  ]),
);
/** Probability of a handler fault at the write of a focus transition that the seed has drawn. */
const FOCUS_RATE = 0.9;
/** Probability of a handler fault at the write of any other transition. */
const DEFAULT_RATE = 0.01;

/** Returns the probability of a handler fault at an effect; 0 for an effect without a transition or an operation of a focus transition. */
export function getHandlerFaultRate(
  focusTransitions: readonly FocusTransition[],
  effect: { readonly operation: string; readonly transition?: string },
): number {
  const { operation, transition } = effect;
  const isHit = (focus: FocusTransition): boolean =>
    focus.operation === operation || transition === formatTransition(focus.status, focus.event);
  if (focusTransitions.some(isHit)) return FOCUS_RATE;
  return transition === undefined ? 0 : (RATE_BY_TRANSITION.get(transition) ?? DEFAULT_RATE);
}
