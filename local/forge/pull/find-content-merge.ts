import type { GitRepository } from '../git/git-repository.ts';
import { readCommit } from '../git/read-commit.ts';
import { findMergeBase, mergeTrees } from '../git/relate-commits.ts';
import { runGit } from '../git/run-git.ts';

/** Maximum number of new commits of a base branch that are compared with the head of a pull request. */
const MAX_COMPARED_COMMITS = 200;

/** New commits of a base branch: `from` is the head that was known before, and may no longer exist. */
export type BaseMove = { readonly from: string; readonly to: string };

/**
 * Returns the oldest new commit of the base branch that contains all changes of `head`: the result of a squash merge, a rebase or a
 * cherry-pick, which leaves no trace in the history. A commit contains all changes if another merge of `head` would change nothing.
 *
 * @param isOtherMerge tells whether a commit merged another pull request; two pull requests may have the same content
 */
export async function findContentMerge(
  git: GitRepository,
  head: string,
  base: BaseMove,
  isOtherMerge: (commit: string) => boolean,
): Promise<string | undefined> {
  if (await hasNoChanges(git, head, base.to)) return undefined;
  for (const sha of await listNewCommits(git, base)) {
    if (isOtherMerge(sha)) continue;
    const [commit, merge] = await Promise.all([readCommit(git, sha), mergeTrees(git, sha, head)]);
    if (merge?.kind === 'clean' && merge.tree === commit?.tree) return sha;
  }
  return undefined;
}

/** Returns true if `head` has the same files as its merge base. Every commit would contain these changes. */
async function hasNoChanges(git: GitRepository, head: string, base: string): Promise<boolean> {
  const mergeBase = await findMergeBase(git, base, head);
  if (mergeBase === undefined) return true;
  const [origin, proposed] = await Promise.all([readCommit(git, mergeBase), readCommit(git, head)]);
  return origin === undefined || proposed === undefined || origin.tree === proposed.tree;
}

/** Lists new commits in the first-parent history of the base branch, oldest first. */
async function listNewCommits(git: GitRepository, { from, to }: BaseMove): Promise<string[]> {
  const range = ['--first-parent', `--max-count=${MAX_COMPARED_COMMITS}`, to, `^${from}`];
  // Git exits with 128 if a garbage collection removed the former head of a rewritten branch.
  const { code, stdout } = await runGit(git.gitDir, ['rev-list', ...range, '--'], {
    acceptedCodes: [0, 128],
  });
  if (code !== 0) return [to];
  return stdout.toString().split('\n').filter(Boolean).reverse();
}
