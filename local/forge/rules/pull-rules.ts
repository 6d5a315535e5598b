import type { PullQuery, PullState } from '../../../core/port/forge.ts';

/** The fields of a pull request that the functions of this file need. */
export type PullSummary = {
  readonly state: PullState;
  readonly head: string;
  readonly base: string;
  readonly labels: readonly string[];
};

/**
 * Returns the pull request that a query selects. Among the pull requests from `head` into `base`, that is the open pull
 * request, otherwise the newest merged, otherwise the newest closed. Without any, the query selects the newest open pull
 * request from `head` into another base that has a label of the query. `pulls` must be in the order of creation.
 */
export function choosePull<P extends PullSummary>(
  pulls: readonly P[],
  { head, base, labels }: PullQuery,
): P | undefined {
  const fromHead = pulls.filter((pull) => pull.head === head);
  const intoBase = fromHead.filter((pull) => pull.base === base);
  return (
    intoBase.findLast((pull) => pull.state === 'open') ??
    intoBase.findLast((pull) => pull.state === 'merged') ??
    intoBase.at(-1) ??
    fromHead.findLast(
      (pull) => pull.state === 'open' && pull.labels.some((label) => labels.includes(label)),
    )
  );
}

/** Returns the open pull request from `head` into `base`. GitHub allows at most one. */
export function findOpenPull<P extends PullSummary>(
  pulls: readonly P[],
  head: string,
  base: string,
): P | undefined {
  return pulls.find((pull) => pull.state === 'open' && pull.head === head && pull.base === base);
}

/** The heads of the two branches of a pull request; undefined: no such branch. */
export type BranchRelation = {
  readonly headSha: string | undefined;
  readonly baseSha: string | undefined;
  /** True: the base branch contains the head commit. False if a branch is missing. */
  readonly headIsInBase: boolean;
};

/** Facts that decide whether a pull request may be opened. */
export type CreationFacts = BranchRelation & {
  readonly owner: string;
  readonly head: string;
  readonly base: string;
  readonly haveCommonHistory: boolean;
  readonly hasOpenPull: boolean;
  readonly isDraft: boolean;
  readonly allowsDrafts: boolean;
};

/** An entry of GitHub's list of validation errors. */
export type ValidationError = {
  readonly field?: string;
  readonly code?: string;
  readonly message?: string;
};

/** Why a pull request may not be opened; `error` is GitHub's description in the answer 422. */
export type CreationRefusal = {
  readonly kind:
    | 'head_missing'
    | 'base_missing'
    | 'no_commits'
    | 'no_common_history'
    | 'already_open'
    | 'drafts_unsupported';
  readonly error: ValidationError;
};

const DRAFTS_UNSUPPORTED = 'Draft pull requests are not supported in this repository.';

/** Returns why a pull request may not be opened; undefined: the pull request may be opened. */
export function findCreationRefusal(facts: CreationFacts): CreationRefusal | undefined {
  const { owner, head, base } = facts;
  if (facts.headSha === undefined) {
    return { kind: 'head_missing', error: { field: 'head', code: 'invalid' } };
  }
  if (facts.baseSha === undefined) {
    return { kind: 'base_missing', error: { field: 'base', code: 'invalid' } };
  }
  if (facts.headIsInBase) {
    return { kind: 'no_commits', error: { message: `No commits between ${base} and ${head}` } };
  }
  if (!facts.haveCommonHistory) {
    const message = `The ${head} branch has no history in common with ${base}`;
    return { kind: 'no_common_history', error: { message } };
  }
  if (facts.hasOpenPull) {
    const message = `A pull request already exists for ${owner}:${head}.`;
    return { kind: 'already_open', error: { message } };
  }
  if (facts.isDraft && !facts.allowsDrafts) {
    return { kind: 'drafts_unsupported', error: { message: DRAFTS_UNSUPPORTED } };
  }
  return undefined;
}

/** Facts that decide whether a closed pull request may be reopened. */
export type ReopenFacts = BranchRelation & {
  readonly head: string;
  readonly isMerged: boolean;
  /** True: another pull request of the same head and base is open. */
  readonly hasOpenPull: boolean;
};

/** Returns why a closed pull request may not be reopened; undefined: the pull request may be reopened. */
export function findReopenRefusal(facts: ReopenFacts): string | undefined {
  if (facts.isMerged) return 'The pull request is merged.';
  if (facts.headSha === undefined || facts.baseSha === undefined) return 'The branch was deleted.';
  if (facts.hasOpenPull) return 'There is already an open pull request.';
  if (facts.headIsInBase) return `There are no new commits on the ${facts.head} branch.`;
  return undefined;
}

/** Facts that decide whether a pull request may become a draft or ready. */
export type DraftFacts = {
  readonly isOpen: boolean;
  readonly isDraft: boolean;
  readonly allowsDrafts: boolean;
};

/** Returns why a pull request may not become a draft (`draft` true) or ready (false); undefined: the change is allowed. */
export function findDraftRefusal(facts: DraftFacts, draft: boolean): string | undefined {
  if (draft && !facts.allowsDrafts) return DRAFTS_UNSUPPORTED;
  if (!facts.isOpen) return 'Pull request is closed';
  if (facts.isDraft !== draft) return undefined;
  return draft ? 'Pull request is already a draft' : 'Pull request is not a draft';
}

/**
 * Returns the new state of an open pull request whose head or base branch moved. `mergeSha` is the commit that brought the head
 * into the base branch; with such a commit, the pull request is merged. Otherwise a deleted head, or a head without commits of its
 * own, closes the pull request. A deleted base keeps the pull request open, unlike on GitHub: the work is not delivered yet, and a
 * person can restore the base or choose another base.
 */
export function decideStateAfterBranchMove(
  relation: BranchRelation,
  mergeSha: string | undefined,
): PullState {
  if (mergeSha !== undefined) return 'merged';
  return relation.headSha !== undefined && !relation.headIsInBase ? 'open' : 'closed';
}

/**
 * Returns the effect of a new base on a pull request. `closed`: another open pull request already has this head and the new
 * base.
 */
export function decideBaseChange(
  pull: PullSummary,
  base: string,
  facts: { readonly baseExists: boolean; readonly hasOpenPull: boolean },
): 'unchanged' | 'closed' | 'changed' {
  if (pull.state !== 'open' || pull.base === base || !facts.baseExists) return 'unchanged';
  return facts.hasOpenPull ? 'closed' : 'changed';
}
