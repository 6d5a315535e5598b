import type { FocusTransition } from './focus.ts';
import { isReachedLate, pickFocusTransitions } from './focus.ts';
import type { Random } from './time/random.ts';

// Faults of the simulated world. Each seed draws a subset of the kinds, so that rare combinations occur too. In addition, in
// every seed with faults, each of the five handler faults can hit the write of a transition; rare transitions are hit most often.
// The faults stop before the end of a seed, and then the world must recover.

export const FAULT_KINDS = [
  // The first five kinds are the handler faults, which hit an effect: a call of a port by a handler.
  'crash_before_effect',
  'crash_after_effect',
  'error_before_effect',
  'error_after_effect',
  'handler_freeze',
  /** A handler freezes right before its call to merge a pull request. */
  'freeze_before_merge',
  /** A read of an index omits recent writes. */
  'stale_index_read',
  'message_lost',
  'message_duplicated',
  'message_delayed',
  'launch_refused',
  /** The cluster accepts a pod but never starts its process. */
  'pod_never_starts',
  'pod_starts_late',
  'pod_dies',
  /** The process of a pod ends, but the cluster still reports the pod as running. */
  'pod_dies_unreported',
  /** The cluster reports a pod as gone, but its process continues. */
  'pod_reported_gone_too_early',
  /** No call of the pod's bridge arrives for a while. */
  'pod_cut_off',
  /** The forge refuses calls until a later time. */
  'forge_rate_limit',
  /** The forge answers `Not Found` although the object exists. */
  'forge_false_not_found',
  /** The forge does not know for a while whether a pull request can be merged. */
  'forge_mergeability_late',
  /** Reads of a pull request show its former head for a while. */
  'forge_head_stale',
  /** A rule of the repository refuses a merge or a new pull request. */
  'forge_rule_refuses',
  'check_flaky',
  'webhook_lost',
  'webhook_duplicated',
  'webhook_delayed',
  'response_lost',
  'agent_fails',
  /** A commit of the agent fails the verification. */
  'agent_commits_broken_code',
  /** A bridge reports a result that contradicts its pushes or its evidence. */
  'bridge_reports_false_result',
  /** The model provider or the forge refuses the work of an attempt for a while. */
  'provider_refuses_attempt',
  /** An attempt ends with the cause `infra`. */
  'attempt_infra_failure',
  'agent_asks_question',
  /** An agent continues although its question is unanswered. */
  'agent_stops_waiting',
  'platform_crash',
  /** The trigger that starts the resync each minute is lost. */
  'resync_trigger_lost',
  'person_merges_pull',
  'person_closes_or_reopens_pull',
  'person_pushes_to_task_branch',
  'person_reviews_pull',
  /** A person issues a random command for a task. */
  'person_commands_task',
  /** A person rejects, cancels or restarts a plan. */
  'person_stops_plan',
  'person_edits_plan',
  /** A person sends the same request twice. */
  'person_sends_twice',
  'person_retargets_pull',
  /** A person force-pushes or deletes the branch of a task. */
  'person_rewrites_task_branch',
  'person_pushes_to_root_branch',
] as const;
/** Kind of fault; also the name of a column in the coverage tables. */
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Probability of each fault: per effect for the handler faults, per opportunity for all others. */
const FAULT_RATES: Record<FaultKind, number> = {
  crash_before_effect: 0.003,
  crash_after_effect: 0.003,
  error_before_effect: 0.004,
  error_after_effect: 0.004,
  handler_freeze: 0.0015,
  freeze_before_merge: 0.08,
  stale_index_read: 0.3,
  message_lost: 0.12,
  message_duplicated: 0.12,
  message_delayed: 0.15,
  launch_refused: 0.1,
  pod_never_starts: 0.05,
  pod_starts_late: 0.15,
  pod_dies: 0.08,
  pod_dies_unreported: 0.08,
  pod_reported_gone_too_early: 0.12,
  pod_cut_off: 0.1,
  forge_rate_limit: 0.004,
  forge_false_not_found: 0.003,
  forge_mergeability_late: 0.4,
  forge_head_stale: 0.4,
  forge_rule_refuses: 0.05,
  check_flaky: 0.15,
  webhook_lost: 0.4,
  webhook_duplicated: 0.2,
  webhook_delayed: 0.2,
  response_lost: 0.1,
  agent_fails: 0.1,
  agent_commits_broken_code: 0.15,
  bridge_reports_false_result: 0.03,
  provider_refuses_attempt: 0.08,
  attempt_infra_failure: 0.06,
  agent_asks_question: 0.15,
  agent_stops_waiting: 0.15,
  platform_crash: 0.12,
  resync_trigger_lost: 0.15,
  person_merges_pull: 0.15,
  person_closes_or_reopens_pull: 0.12,
  person_pushes_to_task_branch: 0.2,
  person_reviews_pull: 0.25,
  person_commands_task: 0.25,
  person_stops_plan: 0.06,
  person_edits_plan: 0.4,
  person_sends_twice: 0.1,
  person_retargets_pull: 0.06,
  person_rewrites_task_branch: 0.03,
  person_pushes_to_root_branch: 0.05,
};

/**
 * Factor by which emphasised faults are more frequent: the causes of the focus transitions, and the kinds in `emphasis` (see
 * `Interference` in world.ts).
 */
const EMPHASIS_FACTOR = 3;

/** Draws the faults of a seed. */
export type Faults = {
  /** False during the recovery phase, in which no fault is drawn. */
  isActive: boolean;
  /** Kinds that can occur in this seed; empty for a seed without faults. */
  readonly enabledKinds: ReadonlySet<FaultKind>;
  readonly counts: Map<FaultKind, number>;
  /** Rare transitions that this seed makes more frequent; see focus.ts. */
  readonly focusTransitions: readonly FocusTransition[];
  /** Decides whether the fault occurs now, and counts each occurrence. */
  drawFault(kind: FaultKind): boolean;
  /** Counts a fault chosen by the caller, and returns the kind of the fault. */
  countFault(kind: FaultKind): FaultKind;
};

/** Draws the fault kinds of a seed and their rates; every tenth seed has no faults. */
export function createFaults(
  seed: number,
  random: Random,
  emphasis: readonly FaultKind[] = [],
): Faults {
  const hasNoFaults = seed % 10 === 0;
  const focusTransitions = !hasNoFaults && random.chance(0.92) ? pickFocusTransitions(random) : [];
  // Other faults delay a task, so a transition that is reached late needs a seed with few other faults.
  const needsCalmSeed = focusTransitions.some(isReachedLate);
  const kindShare = hasNoFaults
    ? 0
    : random.pick(needsCalmSeed ? [0.05, 0.15, 0.35] : [0.15, 0.35, 0.6, 1]);
  const emphasised = [...emphasis, ...focusTransitions.flatMap(({ causes }) => causes)];
  const enabledKinds = new Set(
    FAULT_KINDS.filter(() => random.chance(kindShare)).concat(emphasised),
  );
  const rateFactor = random.pick(needsCalmSeed ? [0.5, 1] : [0.5, 1, 1, 2]);
  const rates = new Map<FaultKind, number>();
  for (const kind of enabledKinds) {
    const rate = FAULT_RATES[kind] * rateFactor * (emphasised.includes(kind) ? EMPHASIS_FACTOR : 1);
    rates.set(kind, Math.min(0.6, rate));
  }
  const counts = new Map<FaultKind, number>();
  const faults: Faults = {
    isActive: true,
    enabledKinds,
    counts,
    focusTransitions,
    drawFault(kind) {
      const rate = faults.isActive ? rates.get(kind) : undefined;
      if (rate === undefined || !random.chance(rate)) return false;
      faults.countFault(kind);
      return true;
    },
    countFault(kind) {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      return kind;
    },
  };
  return faults;
}
