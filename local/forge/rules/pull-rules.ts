import type { PullQuery, PullState } from '../../../core/port/forge.ts';

/** The members of a pull request that its rules read. */
export type PullSummary = {
  readonly state: PullState;
  readonly head: string;
  readonly base: string;
  readonly labels: readonly string[];
};

/**
 * Returns the pull request that counts for a head and base: the open pull request, else the newest merged, else the newest
 * closed. Without any, an open pull request of the head into another base counts when it bears a label of the query.
 * `pulls` are in the order of creation.
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

/** Returns the open pull request of a head and base. GitHub allows at most one. */
export function findOpenPull<P extends PullSummary>(
  pulls: readonly P[],
  head: string,
  base: string,
): P | undefined {
  return pulls.find((pull) => pull.state === 'open' && pull.head === head && pull.base === base);
}

/** How the commits of two branches relate. Undefined commits: no such branch. */
export type BranchRelation = {
  readonly headSha: string | undefined;
  readonly baseSha: string | undefined;
  /** True: the base branch contains the head commit. */
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

/** A 422 to a new pull request. */
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

/** Returns why a pull request may not become a draft, or ready when `draft` is false; undefined: the change is allowed. */
export function findDraftRefusal(facts: DraftFacts, draft: boolean): string | undefined {
  if (draft && !facts.allowsDrafts) return DRAFTS_UNSUPPORTED;
  if (!facts.isOpen) return 'Pull request is closed';
  if (facts.isDraft !== draft) return undefined;
  return draft ? 'Pull request is already a draft' : 'Pull request is not a draft';
}

/**
 * Returns the state of an open pull request after its branches moved. A deleted branch closes the pull request, and so does
 * a head without commits of its own. A head that the base branch came to contain is merged; `mergeSha` is the commit that
 * brought the head in.
 */
export function decideStateAfterBranchMove(
  relation: BranchRelation,
  mergeSha: string | undefined,
): PullState {
  if (mergeSha !== undefined) return 'merged';
  const isWhole = relation.headSha !== undefined && relation.baseSha !== undefined;
  return isWhole && !relation.headIsInBase ? 'open' : 'closed';
}

/** Returns the effect of changing the base of a pull request: the second open pull request of a head and base is closed. */
export function decideBaseChange(
  pull: PullSummary,
  base: string,
  others: { readonly baseExists: boolean; readonly hasOpenPull: boolean },
): 'unchanged' | 'closed' | 'changed' {
  if (pull.state !== 'open' || pull.base === base || !others.baseExists) return 'unchanged';
  return others.hasOpenPull ? 'closed' : 'changed';
}
