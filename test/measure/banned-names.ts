/** A pattern of names to avoid, with the term to use instead. */
export type BannedName = {
  /** Matches the words of a name in lower case, joined by `-`: `workLane`, `WORK_LANE` and `work-lane.ts` are `work-lane`. */
  readonly pattern: RegExp;
  readonly use: string;
  /** Default: every declared name. */
  readonly kind?: 'function';
};

/** Bans names with any of the words, in any place. */
function words(list: string, use: string): BannedName {
  return { pattern: new RegExp(`(?:^|-)(?:${list})(?:-|$)`), use };
}

/** Bans exactly the names of the list. */
function exact(list: string, use: string, kind?: 'function'): BannedName {
  return { pattern: new RegExp(`^(?:${list})$`), use, kind };
}

/** Former terms of the domain; an established term replaces each. */
const TERMS: readonly BannedName[] = [
  words('drive|drives|driven|driving', 'reconcile, ReconcileResult'),
  exact('owes-work', 'needsReconcile'),
  exact('settle-(?:plan|task)', 'reconcilePlan, reconcileTask'),
  exact('look-for-life', 'detectHalt'),
  exact('say-halted', 'markHalted'),
  exact('end-halt', 'clearHalt'),
  exact('halted-told', 'haltNotified'),
  words('proof|proofs', 'evidence'),
  exact('agreed', 'approvedCommit'),
  exact('wants', 'nextAttemptKind'),
  exact('spent', 'retryCounts'),
  exact('closing', 'attemptsAwaitingPodRemoval'),
  exact('is-held-up', 'isPausing'),
  exact('note-pause', 'recordPauseFor'),
  exact('heard-usage', 'lastReportedUsage'),
  words('handler-span', 'MAX_HANDLER_LIFETIME_MS'),
  exact('hint-all', 'enqueueWakeUps'),
  words('lane|lanes', 'merge queue'),
];

/** Names of the test support. */
const SUPPORT: readonly BannedName[] = [
  words('blow|blows', 'KillScenario'),
  words('ground|grounds', 'TestWorkspace'),
  words('doors', 'endpoints'),
  words('mender|menders', 'the noun for what repairs'),
  words('forgive|forgives|forgiven', 'a verb for what is dropped'),
];

/** Names without a meaning of their own. */
const EMPTY: readonly BannedName[] = [
  exact('one|each', 'the noun, such as `task`'),
  exact('act|keep|say|see|many|how|told|proven', 'verb + noun, or the noun'),
  exact('rest|failed|refused', 'verb + noun', 'function'),
];

export const BANNED_NAMES: readonly BannedName[] = [...TERMS, ...SUPPORT, ...EMPTY];
