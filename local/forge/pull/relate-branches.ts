import type { GitRepository } from '../git/git-repository.ts';
import { readBranch } from '../git/read-ref.ts';
import { findMergeBase, isAncestor } from '../git/relate-commits.ts';
import type { BranchRelation } from '../rules/pull-rules.ts';

/** Returns the head commits of the branches `head` and `base`, and whether `base` contains the head commit of `head`. */
export async function relateBranches(
  git: GitRepository,
  head: string,
  base: string,
): Promise<BranchRelation> {
  const headSha = readBranch(git.gitDir, head);
  const baseSha = readBranch(git.gitDir, base);
  const bothExist = headSha !== undefined && baseSha !== undefined;
  const headIsInBase = bothExist && (await isAncestor(git, headSha, baseSha));
  return { headSha, baseSha, headIsInBase };
}

/**
 * Returns whether two branches have a common ancestor; also true if a branch is missing, because another check reports that.
 */
export async function haveCommonHistory(
  git: GitRepository,
  { headSha, baseSha }: BranchRelation,
): Promise<boolean> {
  if (headSha === undefined || baseSha === undefined) return true;
  return (await findMergeBase(git, headSha, baseSha)) !== undefined;
}
