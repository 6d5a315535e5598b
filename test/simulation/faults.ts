import type { Focus } from './focus.ts';
import { isLateFocus, pickFoci } from './focus.ts';
import type { Random } from './time/random.ts';

// Faults of the simulated world. Each seed draws a subset of the kinds, so that rare combinations occur too. Writes of a
// transition are the exception: in every unhealthy seed, all five handler faults can hit them, and rare transitions and the
// foci of the seed are hit more often. Once the faults stop, the world must recover.

export const FAULT_KINDS = [
  'crash_before',
  'crash_after',
  'error_before',
  'error_after',
  'freeze',
  /** A handler freezes right before a merge call. */
  'merge_paused',
  /** An index read omits recent writes. */
  'index_late',
  'queue_drop',
  'queue_double',
  'queue_late',
  'launcher_refuse',
  /** The cluster accepts a pod and never starts its process. */
  'pod_unborn',
  'pod_slow',
  'pod_lost',
  'pod_silent',
  /** The cluster reports a pod as gone while its process continues. */
  'pod_zombie',
  /** No call of a pod arrives for a while. */
  'pod_cut_off',
  /** The forge answers with its rate limit. */
  'forge_paused',
  /** The forge answers `Not Found` for an existing object. */
  'forge_odd',
  /** The forge computes the mergeability of a pull request late. */
  'forge_unknown',
  /** A pull request shows its former head for a while. */
  'forge_lag',
  /** A rule of the branch forbids a merge. */
  'forge_rule',
  'check_flaky',
  'webhook_drop',
  'webhook_double',
  'webhook_late',
  'answer_lost',
  'agent_failed',
  /** A commit of the agent fails verification. */
  'agent_bad',
  /** A bridge reports an invalid result. */
  'agent_lies',
  /** The model provider or the forge refuses the work of an attempt for a while. */
  'agent_refused',
  'agent_infra',
  'agent_asks',
  /** An agent continues without an answer to its question. */
  'agent_impatient',
  'platform_crash',
  'tick_lost',
  'person_merges',
  'person_closes',
  'person_pushes',
  'person_reviews',
  /** A person issues a random command on a task. */
  'person_orders',
  'person_stops',
  'person_edits',
  'person_repeats',
  'person_retargets',
  'person_rewrites',
  /** A person pushes to a root branch. */
  'person_roots',
] as const;
/** Kind of fault. */
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Probability of each fault: per effect of a handler for the handler faults, per opportunity for all others. */
const FAULT_RATES: Record<FaultKind, number> = {
  crash_before: 0.003,
  crash_after: 0.003,
  error_before: 0.004,
  error_after: 0.004,
  freeze: 0.0015,
  merge_paused: 0.08,
  index_late: 0.3,
  queue_drop: 0.12,
  queue_double: 0.12,
  queue_late: 0.15,
  launcher_refuse: 0.1,
  pod_unborn: 0.05,
  pod_slow: 0.15,
  pod_lost: 0.08,
  pod_silent: 0.08,
  pod_zombie: 0.12,
  pod_cut_off: 0.1,
  forge_paused: 0.004,
  forge_odd: 0.003,
  forge_unknown: 0.4,
  forge_lag: 0.4,
  forge_rule: 0.05,
  check_flaky: 0.15,
  webhook_drop: 0.4,
  webhook_double: 0.2,
  webhook_late: 0.2,
  answer_lost: 0.1,
  agent_failed: 0.1,
  agent_bad: 0.15,
  agent_lies: 0.03,
  agent_refused: 0.08,
  agent_infra: 0.06,
  agent_asks: 0.15,
  agent_impatient: 0.15,
  platform_crash: 0.12,
  tick_lost: 0.15,
  person_merges: 0.15,
  person_closes: 0.12,
  person_pushes: 0.2,
  person_reviews: 0.25,
  person_orders: 0.25,
  person_stops: 0.06,
  person_edits: 0.4,
  person_repeats: 0.1,
  person_retargets: 0.06,
  person_rewrites: 0.03,
  person_roots: 0.05,
};

/** Factor by which emphasised faults are more frequent. */
const EMPHASIS_FACTOR = 3;

/** Source of the faults of a seed. */
export type Faults = {
  /** False during the recovery phase, in which no fault is drawn. */
  isActive: boolean;
  readonly kinds: ReadonlySet<FaultKind>;
  readonly counts: Map<FaultKind, number>;
  /** Transitions this seed concentrates on. */
  readonly foci: readonly Focus[];
  /** Decides whether the fault occurs now, and counts each occurrence. */
  drawFault(kind: FaultKind): boolean;
  /** Counts an occurrence that was decided elsewhere. */
  countFault(kind: FaultKind): FaultKind;
};

/** Draws the fault kinds of a seed and their rates; every tenth seed is healthy. */
export function createFaults(
  seed: number,
  random: Random,
  emphasis: readonly FaultKind[] = [],
): Faults {
  const isHealthy = seed % 10 === 0;
  const foci = !isHealthy && random.chance(0.92) ? pickFoci(random) : [];
  const hasLateFocus = foci.some(isLateFocus);
  const share = isHealthy
    ? 0
    : random.pick(hasLateFocus ? [0.05, 0.15, 0.35] : [0.15, 0.35, 0.6, 1]);
  const emphasised = [...emphasis, ...foci.flatMap((focus) => focus.causes)];
  const kinds = new Set(FAULT_KINDS.filter(() => random.chance(share)).concat(emphasised));
  const strength = random.pick(hasLateFocus ? [0.5, 1] : [0.5, 1, 1, 2]);
  const rates = new Map<FaultKind, number>();
  for (const kind of kinds) {
    const rate = FAULT_RATES[kind] * strength * (emphasised.includes(kind) ? EMPHASIS_FACTOR : 1);
    rates.set(kind, Math.min(0.6, rate));
  }
  const counts = new Map<FaultKind, number>();
  const faults: Faults = {
    isActive: true,
    kinds,
    counts,
    foci,
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
