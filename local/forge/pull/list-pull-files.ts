import type { ForgeContext } from '../forge-context.ts';
import type { FileChange } from '../git/git-repository.ts';
import { findMergeBase, listChanges } from '../git/relate-commits.ts';
import type { PullRow, RepositoryRow } from '../store/row-schema.ts';

/**
 * Returns the files that a pull request changes. The list stays the same after a merge, because `base_sha` then stays
 * unchanged.
 */
export async function listPullFiles(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
): Promise<readonly FileChange[]> {
  const git = context.openGit(repository);
  const mergeBase = (await findMergeBase(git, pull.base_sha, pull.head_sha)) ?? pull.base_sha;
  return listChanges(git, mergeBase, pull.head_sha);
}
