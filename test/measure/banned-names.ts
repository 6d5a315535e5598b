/** A pattern of names that the code must not declare, with the term to use instead. */
export type BannedName = {
  /** Matches the words of a name in lower case, joined by `-`: `work-lane` for `workLane`, `WORK_LANE` and `work-lane.ts`. */
  readonly pattern: RegExp;
  readonly use: string;
  /** `function`: only names of functions are banned. Default: every declared name. */
  readonly kind?: 'function';
};

/** Bans names that contain any of the words; `words` are separated by `|`. */
function banWords(words: string, use: string): BannedName {
  return { pattern: new RegExp(`(?:^|-)(?:${words})(?:-|$)`), use };
}

/** Bans exactly the names; `names` are separated by `|`. */
function banNames(names: string, use: string, kind?: 'function'): BannedName {
  return { pattern: new RegExp(`^(?:${names})$`), use, kind };
}

/** Terms of the domain that are not in docs/glossary.md. */
const DOMAIN_NAMES: readonly BannedName[] = [
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
  banNames('note-pause', 'pauseAfterError'),
  banNames('heard-usage', 'lastReportedUsage'),
  banWords('handler-span', 'MAX_HANDLER_LIFETIME_MS'),
  banNames('hint-all', 'enqueueWakeUps'),
  banWords('lane|lanes', 'merge queue'),
];

/** Terms of the test support. */
const SUPPORT_NAMES: readonly BannedName[] = [
  banWords('blow|blows', 'KillScenario'),
  banWords('ground|grounds', 'TestWorkspace'),
  banWords('doors', 'endpoints'),
  banWords('mender|menders', 'the noun for what repairs'),
  banWords('forgive|forgives|forgiven', 'a verb for what is dropped'),
];

/** Names without a meaning of their own. */
const MEANINGLESS_NAMES: readonly BannedName[] = [
  banNames('one|each', 'the noun, such as `task`'),
  banNames('act|keep|say|see|many|how|told|proven', 'verb + noun, or the noun'),
  banNames('rest|failed|refused', 'verb + noun', 'function'),
];

export const BANNED_NAMES: readonly BannedName[] = [
  ...DOMAIN_NAMES,
  ...SUPPORT_NAMES,
  ...MEANINGLESS_NAMES,
];
