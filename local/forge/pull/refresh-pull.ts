import type { ForgeContext } from '../forge-context.ts';
import { findRenamedBranch } from '../git/find-renamed-branch.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { readBranch } from '../git/read-ref.ts';
import { isAncestor } from '../git/relate-commits.ts';
import { runGit } from '../git/run-git.ts';
import type { BranchRelation, PullSummary } from '../rules/pull-rules.ts';
import { decideBaseChange, decideStateAfterBranchMove, findOpenPull } from '../rules/pull-rules.ts';
import { findPullById, isMergeOfPull, listOpenPulls } from '../store/pull-store.ts';
import type { PullRow, RepositoryRow } from '../store/row-schema.ts';
import { announcePull } from './announce.ts';
import { findContentMerge } from './find-content-merge.ts';
import { relateBranches } from './relate-branches.ts';

// A stored pull request can be outdated, because a push, a git command in a linked repository or a merge that a crash
// interrupted moves a branch without an update of the database. Each read of a pull request therefore compares the row with the
// branches first.

/**
 * Updates a pull request after its branches moved: head commit, state and webhooks. Acquires the repository's lock for an
 * update.
 */
export function refreshPull(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  login = pull.author,
): Promise<PullRow> {
  if (!needsRefresh(context.openGit(repository), pull)) return Promise.resolve(pull);
  return context.lock(repository.id, () => refreshPullUnderLock(context, repository, pull, login));
}

function needsRefresh(git: GitRepository, pull: PullRow): boolean {
  if (pull.state !== 'open') return false;
  if (pull.merging_sha !== null) return true;
  return (
    readBranch(git.gitDir, pull.head) !== pull.head_sha ||
    readBranch(git.gitDir, pull.base) !== pull.base_sha
  );
}

/** Updates a pull request after its branches moved. The caller holds the repository's lock. */
export async function refreshPullUnderLock(
  context: ForgeContext,
  repository: RepositoryRow,
  storedPull: PullRow,
  login: string,
): Promise<PullRow> {
  const git = context.openGit(repository);
  const pull = followRenamedBase(
    context,
    repository,
    findPullById(context.database, storedPull.id) ?? storedPull,
    login,
  );
  if (!needsRefresh(git, pull)) return pull;
  const relation = await relateBranches(git, pull.head, pull.base);
  const mergeSha = await findMergeSha(context, git, pull, relation);
  const state = decideStateAfterBranchMove(relation, mergeSha);
  if (state === 'closed') return markClosed(context, repository, pull, login);
  if (mergeSha !== undefined) return markMerged(context, repository, pull, mergeSha, login);
  const { headSha = pull.head_sha, baseSha = pull.base_sha } = relation;
  context.database.update('pull', pull.id, {
    head_sha: headSha,
    base_sha: baseSha,
    merging_sha: null,
    ...(headSha !== pull.head_sha && { updated_at: context.now() }),
  });
  const refreshed = reload(context, pull);
  if (headSha !== pull.head_sha) announcePull(context, repository, refreshed, 'synchronize', login);
  return refreshed;
}

/** Changes the base of a pull request whose base branch was renamed, as GitHub does. */
function followRenamedBase(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  login: string,
): PullRow {
  const git = context.openGit(repository);
  if (pull.state !== 'open' || readBranch(git.gitDir, pull.base) !== undefined) return pull;
  const base = findRenamedBranch(git, pull.base);
  if (base === undefined) return pull;
  // With the former commit of the base, the refresh finds a merge that preceded the rename.
  return changeBase(context, repository, pull, { base, baseSha: pull.base_sha }, login);
}

/**
 * Changes the base branch of an open pull request, and sends a `pull_request` event. Another open pull request of the same branches
 * closes the pull request, because GitHub allows at most one.
 */
export function changeBase(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  { base, baseSha }: { readonly base: string; readonly baseSha: string },
  login: string,
): PullRow {
  const pulls = listOpenPulls(context.database, repository.id);
  const effect = decideBaseChange({ ...pull, state: 'open', labels: [] }, base, {
    baseExists: true,
    hasOpenPull: findOpenPull(pulls.map(toSummary), pull.head, base) !== undefined,
  });
  if (effect === 'closed') return markClosed(context, repository, pull, login);
  if (effect === 'unchanged') return pull;
  context.database.update('pull', pull.id, {
    base,
    base_sha: baseSha,
    updated_at: context.now(),
  });
  const changed = reload(context, pull);
  announcePull(context, repository, changed, 'edited', login);
  return changed;
}

function toSummary({ head, base }: PullRow): PullSummary {
  return { state: 'open', head, base, labels: [] };
}

/** Returns the commit that merged the pull request; undefined: no merge since the last refresh. */
async function findMergeSha(
  context: Pick<ForgeContext, 'database'>,
  git: GitRepository,
  pull: PullRow,
  { headSha: head, baseSha: base }: BranchRelation,
): Promise<string | undefined> {
  if (base === undefined) return undefined;
  if (pull.merging_sha !== null && (await isAncestor(git, pull.merging_sha, base))) {
    return pull.merging_sha;
  }
  if (base === pull.base_sha) return undefined;
  for (const sha of new Set([head ?? pull.head_sha, pull.head_sha])) {
    if (await isAncestor(git, sha, base)) return findMergeCommit(git, sha, base);
  }
  const move = { from: pull.base_sha, to: base };
  return findContentMerge(git, head ?? pull.head_sha, move, (commit) =>
    isMergeOfPull(context.database, pull.repository, commit),
  );
}

/** Returns the oldest commit in the first-parent history of the base branch that contains `head`. */
async function findMergeCommit(git: GitRepository, head: string, base: string): Promise<string> {
  const range = `${head}..${base}`;
  const [firstParents, descendants] = await Promise.all([
    runGit(git.gitDir, ['rev-list', '--first-parent', range]),
    runGit(git.gitDir, ['rev-list', '--ancestry-path', range]),
  ]);
  const commitsWithHead = new Set(descendants.stdout.toString().split('\n').filter(Boolean));
  const shas = firstParents.stdout.toString().split('\n');
  return shas.findLast((sha) => commitsWithHead.has(sha)) ?? base;
}

/** Stores that a commit merged a pull request, and sends a `pull_request` event. */
export function markMerged(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  mergeSha: string,
  login: string,
): PullRow {
  const now = context.now();
  context.database.update('pull', pull.id, {
    state: 'closed',
    merge_sha: mergeSha,
    merging_sha: null,
    merged_at: now,
    merged_by: login,
    closed_at: now,
    updated_at: now,
  });
  const merged = reload(context, pull);
  announcePull(context, repository, merged, 'closed', login);
  return merged;
}

/** Stores that a pull request was closed without a merge, and sends a `pull_request` event. */
export function markClosed(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  login: string,
): PullRow {
  const now = context.now();
  context.database.update('pull', pull.id, {
    state: 'closed',
    merging_sha: null,
    closed_at: now,
    updated_at: now,
  });
  const closed = reload(context, pull);
  announcePull(context, repository, closed, 'closed', login);
  return closed;
}

function reload(context: ForgeContext, pull: PullRow): PullRow {
  return findPullById(context.database, pull.id) ?? pull;
}
