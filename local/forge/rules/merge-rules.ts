import type { MergeOutcome } from '../../../core/port/forge.ts';

/** GitHub's ways to merge. */
export type MergeMethod = 'merge' | 'squash' | 'rebase';

/** The parameters of a merge call that decide whether the forge accepts the call. */
export type MergeCall = {
  /** Required head commit of the pull request; absent: any head commit is merged. */
  readonly sha?: string;
  readonly method: MergeMethod;
};

/** Facts that decide whether a pull request may be merged. */
export type MergeFacts = {
  readonly isOpen: boolean;
  readonly isDraft: boolean;
  readonly headSha: string;
  readonly base: string;
  readonly allowedMethods: readonly MergeMethod[];
  /** Message of a violated rule of the base branch; undefined: no rule is violated. */
  readonly violation: string | undefined;
  /** True: a work tree has the base branch checked out. */
  readonly isBaseCheckedOut: boolean;
};

/** A refused merge, with GitHub's status and message: 405 if the pull request cannot be merged, 409 if the head moved. */
export type MergeRefusal = { readonly status: 405 | 409; readonly message: string };

const METHOD_NAMES: Readonly<Record<MergeMethod, string>> = {
  merge: 'Merge commits',
  squash: 'Squash merges',
  rebase: 'Rebase merges',
};

/** Returns why a merge is refused for a reason other than a conflict; undefined: check conflicts next. */
export function findMergeRefusal(facts: MergeFacts, call: MergeCall): MergeRefusal | undefined {
  if (!facts.isOpen) return NOT_MERGEABLE;
  if (call.sha !== undefined && call.sha !== facts.headSha) {
    const message = 'Head branch was modified. Review and try the merge again.';
    return { status: 409, message };
  }
  if (facts.isDraft) return refuseWith405('Pull Request is still a draft');
  if (!facts.allowedMethods.includes(call.method)) {
    return refuseWith405(`${METHOD_NAMES[call.method]} are not allowed on this repository.`);
  }
  if (facts.violation !== undefined) return refuseByRule(facts.violation);
  if (!facts.isBaseCheckedOut) return undefined;
  return refuseByRule(`The branch ${facts.base} is checked out in a work tree; merge it there.`);
}

const NOT_MERGEABLE = refuseWith405('Pull Request is not mergeable');

/** GitHub's refusal while mergeability is unknown, and if another write has moved the base branch. */
export const BASE_MODIFIED = refuseWith405(
  'Base branch was modified. Review and try the merge again.',
);

/**
 * Returns why a merge is refused for its mergeability. `mergeable` null: not known yet; false: head and base have conflicts.
 */
export function findMergeabilityRefusal(mergeable: boolean | null): MergeRefusal | undefined {
  if (mergeable === null) return BASE_MODIFIED;
  return mergeable ? undefined : NOT_MERGEABLE;
}

/** Returns GitHub's `mergeable_state`. */
export function toMergeableState(isDraft: boolean, mergeable: boolean | null): string {
  if (mergeable === null) return 'unknown';
  if (!mergeable) return 'dirty';
  return isDraft ? 'draft' : 'clean';
}

/**
 * Returns the result of the forge port for a refused merge; for the simulated forges, which apply these rules without HTTP.
 * `pull` was read after the refusal, because an earlier call whose answer was lost may have merged the pull request. `sha` is
 * the head commit that the caller wanted to merge.
 */
export function decideOutcomeAfterRefusal(
  pull: { readonly headSha: string; readonly isMerged: boolean; readonly mergeSha?: string },
  sha: string,
  refusal: MergeRefusal,
): MergeOutcome {
  if (pull.headSha !== sha) return { kind: 'headMoved' };
  if (pull.isMerged && pull.mergeSha !== undefined) return { kind: 'merged', sha: pull.mergeSha };
  return { kind: 'notMergeable', message: refusal.message };
}

function refuseByRule(reason: string): MergeRefusal {
  return refuseWith405(`Repository rule violations found\n\n${reason}\n\n`);
}

function refuseWith405(message: string): MergeRefusal {
  return { status: 405, message };
}
