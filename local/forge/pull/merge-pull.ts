import type { ForgeContext } from '../forge-context.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { checkedOutBranches } from '../git/read-ref.ts';
import { mergeTrees } from '../git/relate-commits.ts';
import { updateBranch, writeCommit } from '../git/write-commit.ts';
import { Problem } from '../problem.ts';
import { refuseMerge } from '../rule.ts';
import type { PullRow, RepositoryRow } from '../store/row-schema.ts';
import { personOf } from './person.ts';
import { markMerged, settlePull } from './refresh-pull.ts';

export type Merge = {
  readonly sha?: string;
  readonly title: string;
  readonly message: string;
  readonly method: 'merge' | 'squash' | 'rebase';
};

const BASE_MOVED = 'Base branch was modified. Review and try the merge again.';

/** Merges without a work tree; throws 405 or 409 in GitHub's words. Takes the repository's lock. */
export function mergePull(
  context: ForgeContext,
  repository: RepositoryRow,
  stale: PullRow,
  merge: Merge,
  login: string,
): Promise<PullRow> {
  return context.lock(repository.id, async () => {
    const pull = await settlePull(context, repository, stale, login);
    requireMergeable(context, repository, pull, merge);
    const git = context.git(repository);
    if ((await context.mergeability(git, pull)) === null) throw refused(BASE_MOVED);
    const sha = await commitMerge(context, git, pull, merge, login);
    // Written before the branch moves: a crash in between is settled from it.
    context.rows.change('pull', pull.id, { merging_sha: sha });
    const moved = await updateBranch(git, pull.base, pull.base_sha, sha);
    if (moved !== 'done') {
      context.rows.change('pull', pull.id, { merging_sha: null });
      throw refused(BASE_MOVED);
    }
    return markMerged(context, repository, pull, sha, login);
  });
}

function requireMergeable(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  merge: Merge,
): void {
  if (pull.state !== 'open') throw refused('Pull Request is not mergeable');
  if (merge.sha !== undefined && merge.sha !== pull.head_sha) {
    throw new Problem(409, 'Head branch was modified. Review and try the merge again.', {
      status: '409',
    });
  }
  if (pull.draft) throw refused('Pull Request is still a draft');
  requireMethod(repository, merge.method);
  const broken = refuseMerge(context, repository, pull, merge.method);
  if (broken !== undefined) throw refused(`Repository rule violations found\n\n${broken}\n\n`);
  if (checkedOutBranches(repository.git_dir, repository.bare).has(pull.base)) {
    throw refused(
      `Repository rule violations found\n\nThe branch ${pull.base} is checked out in a work tree; merge it there.\n\n`,
    );
  }
}

function requireMethod({ settings }: RepositoryRow, method: Merge['method']): void {
  const allowed = {
    merge: settings.allowMerge,
    squash: settings.allowSquash,
    // Allowed or not, this forge does not rebase.
    rebase: false,
  };
  const names = { merge: 'Merge commits', squash: 'Squash merges', rebase: 'Rebase merges' };
  if (!allowed[method]) throw refused(`${names[method]} are not allowed on this repository.`);
}

async function commitMerge(
  context: ForgeContext,
  git: GitRepository,
  pull: PullRow,
  merge: Merge,
  login: string,
): Promise<string> {
  const merged = await mergeTrees(git, pull.base_sha, pull.head_sha);
  if (merged?.kind !== 'clean') throw refused('Pull Request is not mergeable');
  const parents = merge.method === 'merge' ? [pull.base_sha, pull.head_sha] : [pull.base_sha];
  return writeCommit(git, {
    tree: merged.tree,
    parents,
    message: merge.message === '' ? merge.title : `${merge.title}\n\n${merge.message}`,
    author: personOf(login),
    at: context.now(),
  });
}

function refused(message: string): Problem {
  return new Problem(405, message, { status: '405' });
}
