import { findPullMergeViolation } from '../find-violation.ts';
import type { ForgeContext } from '../forge-context.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { listCheckedOutBranches } from '../git/read-ref.ts';
import { mergeTrees } from '../git/relate-commits.ts';
import { updateBranch, writeCommit } from '../git/write-commit.ts';
import { HttpError } from '../http-error.ts';
import type { MergeCall, MergeMethod, MergeRefusal } from '../rules/merge-rules.ts';
import { BASE_MODIFIED, findMergeabilityRefusal, findMergeRefusal } from '../rules/merge-rules.ts';
import type { PullRow, RepositoryRow, Settings } from '../store/row-schema.ts';
import { toGitAuthor } from './git-author.ts';
import { markMerged, refreshPullUnderLock } from './refresh-pull.ts';

/** A merge call with all parameters; `title` and `message` become the commit message. */
export type MergeCallWithMessage = MergeCall & {
  readonly title: string;
  readonly message: string;
};

/**
 * Merges a pull request. Throws an HttpError 405 or 409 with GitHub's message for a refusal. Acquires the repository's lock.
 */
export function mergePull(
  context: ForgeContext,
  repository: RepositoryRow,
  storedPull: PullRow,
  merge: MergeCallWithMessage,
  login: string,
): Promise<PullRow> {
  return context.lock(repository.id, async () => {
    const pull = await refreshPullUnderLock(context, repository, storedPull, login);
    const refusal = findMergeRefusal(
      {
        isOpen: pull.state === 'open',
        isDraft: pull.draft,
        headSha: pull.head_sha,
        base: pull.base,
        allowedMethods: listAllowedMethods(repository.settings),
        violation: findPullMergeViolation(context, repository, pull, merge.method),
        isBaseCheckedOut: listCheckedOutBranches(repository.git_dir, repository.bare).has(
          pull.base,
        ),
      },
      merge,
    );
    if (refusal !== undefined) throw toHttpError(refusal);
    return mergeOntoBase(context, repository, pull, merge, login);
  });
}

async function mergeOntoBase(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  merge: MergeCallWithMessage,
  login: string,
): Promise<PullRow> {
  const git = context.openGit(repository);
  const refusal = findMergeabilityRefusal(await context.readMergeability(git, pull));
  if (refusal !== undefined) throw toHttpError(refusal);
  const sha = await commitMerge(context, git, pull, merge, login);
  // The database stores the commit before the branch moves. After a crash between the two writes, the next refresh completes
  // the merge.
  context.database.update('pull', pull.id, { merging_sha: sha });
  const result = await updateBranch(git, pull.base, pull.base_sha, sha);
  if (result !== 'done') {
    context.database.update('pull', pull.id, { merging_sha: null });
    throw toHttpError(BASE_MODIFIED);
  }
  return markMerged(context, repository, pull, sha, login);
}

/** Returns the merge methods that the repository allows, without rebase merges, which this forge does not implement. */
function listAllowedMethods(settings: Settings): MergeMethod[] {
  return [
    ...(settings.allowMerge ? (['merge'] as const) : []),
    ...(settings.allowSquash ? (['squash'] as const) : []),
  ];
}

async function commitMerge(
  context: ForgeContext,
  git: GitRepository,
  pull: PullRow,
  merge: MergeCallWithMessage,
  login: string,
): Promise<string> {
  const merged = await mergeTrees(git, pull.base_sha, pull.head_sha);
  if (merged?.kind !== 'clean') {
    throw new Error(
      `Pull request ${pull.number} was reported as mergeable, but git cannot merge ${pull.head_sha} into ${pull.base_sha}.`,
    );
  }
  const parents = merge.method === 'merge' ? [pull.base_sha, pull.head_sha] : [pull.base_sha];
  return writeCommit(git, {
    tree: merged.tree,
    parents,
    message: merge.message === '' ? merge.title : `${merge.title}\n\n${merge.message}`,
    author: toGitAuthor(login),
    committedAt: context.now(),
  });
}

function toHttpError({ status, message }: MergeRefusal): HttpError {
  return new HttpError(status, message, { status: String(status) });
}
