/** A pattern of names to avoid, with the term to use instead. */
export type BannedName = {
  /** Matches the words of a name in lower case, joined by `-`: `workLane`, `WORK_LANE` and `work-lane.ts` are `work-lane`. */
  readonly pattern: RegExp;
  readonly use: string;
  /** Default: every declared name. */
  readonly kind?: 'function';
};

/** Bans names that contain any of the words. */
function banWords(list: string, use: string): BannedName {
  return { pattern: new RegExp(`(?:^|-)(?:${list})(?:-|$)`), use };
}

/** Bans exactly the listed names. */
function banNames(list: string, use: string, kind?: 'function'): BannedName {
  return { pattern: new RegExp(`^(?:${list})$`), use, kind };
}

/** Former terms of the domain, with the established terms to use instead. */
const TERMS: readonly BannedName[] = [
  banWords('drive|drives|driven|driving', 'reconcile, ReconcileResult'),
  banNames('owes-work', 'needsReconcile'),
  banNames('settle-(?:plan|task)', 'reconcilePlan, reconcileTask'),
  banNames('look-for-life', 'detectHalt'),
  banNames('say-halted', 'markHalted'),
  banNames('end-halt', 'clearHalt'),
  banNames('halted-told', 'haltNotified'),
  banWords('proof|proofs', 'evidence'),
  banNames('agreed', 'approvedCommit'),
  banNames('wants', 'nextAttemptKind'),
  banNames('spent', 'retryCounts'),
  banNames('closing', 'attemptsAwaitingPodRemoval'),
  banNames('is-held-up', 'isPausing'),
  banNames('note-pause', 'recordPauseFor'),
  banNames('heard-usage', 'lastReportedUsage'),
  banWords('handler-span', 'MAX_HANDLER_LIFETIME_MS'),
  banNames('hint-all', 'enqueueWakeUps'),
  banWords('lane|lanes', 'merge queue'),
];

/** Former terms of the test support. */
const SUPPORT: readonly BannedName[] = [
  banWords('blow|blows', 'KillScenario'),
  banWords('ground|grounds', 'TestWorkspace'),
  banWords('doors', 'endpoints'),
  banWords('mender|menders', 'the noun for what repairs'),
  banWords('forgive|forgives|forgiven', 'a verb for what is dropped'),
];

/** Names that do not say what they mean. */
const EMPTY: readonly BannedName[] = [
  banNames('one|each', 'the noun, such as `task`'),
  banNames('act|keep|say|see|many|how|told|proven', 'verb + noun, or the noun'),
  banNames('rest|failed|refused', 'verb + noun', 'function'),
];

export const BANNED_NAMES: readonly BannedName[] = [...TERMS, ...SUPPORT, ...EMPTY];
