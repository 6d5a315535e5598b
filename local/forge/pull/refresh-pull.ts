import type { ForgeContext } from '../forge-context.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { readBranch } from '../git/read-ref.ts';
import { isAncestor } from '../git/relate-commits.ts';
import { runGit } from '../git/run-git.ts';
import type { BranchRelation } from '../rules/pull-rules.ts';
import { decideStateAfterBranchMove } from '../rules/pull-rules.ts';
import { getPull } from '../store/pull-store.ts';
import type { PullRow, RepositoryRow } from '../store/row-schema.ts';
import { announcePull } from './announce.ts';
import { relateBranches } from './relate-branches.ts';

// Branches are authoritative; the row of a pull request follows them. A push, a merge by this forge, git in a linked
// repository and a crash during a merge all move branches. The next read of the pull request detects the change.

/** Brings a pull request up to date with its branches. Takes the repository's lock when a branch moved. */
export function refreshPull(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  login = pull.author,
): Promise<PullRow> {
  if (!needsRefresh(context.git(repository), pull)) return Promise.resolve(pull);
  return context.lock(repository.id, () => refreshLockedPull(context, repository, pull, login));
}

function needsRefresh(git: GitRepository, pull: PullRow): boolean {
  if (pull.state !== 'open') return false;
  if (pull.merging_sha !== null) return true;
  return (
    readBranch(git.gitDir, pull.head) !== pull.head_sha ||
    readBranch(git.gitDir, pull.base) !== pull.base_sha
  );
}

/** Brings a pull request up to date with its branches. The caller holds the repository's lock. */
export async function refreshLockedPull(
  context: ForgeContext,
  repository: RepositoryRow,
  stale: PullRow,
  login: string,
): Promise<PullRow> {
  const git = context.git(repository);
  const pull = getPull(context.rows, stale.id) ?? stale;
  if (!needsRefresh(git, pull)) return pull;
  const relation = await relateBranches(git, pull.head, pull.base);
  const mergeSha = await findMergeSha(git, pull, relation);
  const state = decideStateAfterBranchMove(relation, mergeSha);
  if (state === 'closed') return markClosed(context, repository, pull, login);
  if (mergeSha !== undefined) return markMerged(context, repository, pull, mergeSha, login);
  const { headSha = pull.head_sha, baseSha = pull.base_sha } = relation;
  context.rows.update('pull', pull.id, {
    head_sha: headSha,
    base_sha: baseSha,
    merging_sha: null,
    ...(headSha !== pull.head_sha && { updated_at: context.now() }),
  });
  const fresh = reload(context, pull);
  if (headSha !== pull.head_sha) announcePull(context, repository, fresh, 'synchronize', login);
  return fresh;
}

/** Returns the commit that brought the head into the base branch; undefined: the base does not contain the head. */
async function findMergeSha(
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
  return undefined;
}

/** Returns the oldest commit on the first-parent line of the base branch that contains `head`. */
async function findMergeCommit(git: GitRepository, head: string, base: string): Promise<string> {
  const range = `${head}..${base}`;
  const [firstParents, containing] = await Promise.all([
    runGit(git.gitDir, ['rev-list', '--first-parent', range]),
    runGit(git.gitDir, ['rev-list', '--ancestry-path', range]),
  ]);
  const candidates = new Set(containing.stdout.toString().split('\n').filter(Boolean));
  const line = firstParents.stdout.toString().split('\n');
  return line.findLast((sha) => candidates.has(sha)) ?? base;
}

/** Marks a pull request as merged by a commit, and announces the change. */
export function markMerged(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  mergeSha: string,
  login: string,
): PullRow {
  const now = context.now();
  context.rows.update('pull', pull.id, {
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

/** Marks a pull request as closed without a merge, and announces the change. */
export function markClosed(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  login: string,
): PullRow {
  const now = context.now();
  context.rows.update('pull', pull.id, {
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
  return getPull(context.rows, pull.id) ?? pull;
}
