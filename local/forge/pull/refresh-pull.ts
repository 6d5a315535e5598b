import type { ForgeContext } from '../forge-context.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { readBranch } from '../git/read-ref.ts';
import { isAncestor } from '../git/relate-commits.ts';
import { runGit } from '../git/run-git.ts';
import { getPull } from '../store/pull-store.ts';
import type { PullRow, RepositoryRow } from '../store/row-schema.ts';
import { announcePull } from './announce.ts';

// The branches are the truth, the row of a pull request follows them. Whatever moved a branch (a push, this forge, a
// person in a linked repository, a crash half-way through a merge) is found when the pull request is next looked at.

/** Takes the repository's lock when there is something to do. */
export function refreshPull(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  login = pull.author,
): Promise<PullRow> {
  if (!hasMoved(context.git(repository), pull)) return Promise.resolve(pull);
  return context.lock(repository.id, () => settlePull(context, repository, pull, login));
}

function hasMoved(git: GitRepository, pull: PullRow): boolean {
  if (pull.state !== 'open') return false;
  if (pull.merging_sha !== null) return true;
  return (
    readBranch(git.gitDir, pull.head) !== pull.head_sha ||
    readBranch(git.gitDir, pull.base) !== pull.base_sha
  );
}

/** The caller holds the repository's lock. */
export async function settlePull(
  context: ForgeContext,
  repository: RepositoryRow,
  stale: PullRow,
  login: string,
): Promise<PullRow> {
  const git = context.git(repository);
  const pull = getPull(context.rows, stale.id) ?? stale;
  if (!hasMoved(git, pull)) return pull;
  const head = readBranch(git.gitDir, pull.head);
  const base = readBranch(git.gitDir, pull.base);
  const merged = base === undefined ? undefined : await findMerge(git, pull, head, base);
  if (merged !== undefined) return markMerged(context, repository, pull, merged, login);
  if (head === undefined || base === undefined || (await isAncestor(git, head, base))) {
    return markClosed(context, repository, pull, login);
  }
  context.rows.change('pull', pull.id, {
    head_sha: head,
    base_sha: base,
    merging_sha: null,
    ...(head !== pull.head_sha && { updated_at: context.now() }),
  });
  const fresh = reload(context, pull);
  if (head !== pull.head_sha) announcePull(context, repository, fresh, 'synchronize', login);
  return fresh;
}

/** The commit that brought the head into the base branch. */
async function findMerge(
  git: GitRepository,
  pull: PullRow,
  head: string | undefined,
  base: string,
): Promise<string | undefined> {
  if (pull.merging_sha !== null && (await isAncestor(git, pull.merging_sha, base))) {
    return pull.merging_sha;
  }
  if (base === pull.base_sha) return undefined;
  for (const sha of new Set([head ?? pull.head_sha, pull.head_sha])) {
    if (await isAncestor(git, sha, base)) return findMergeCommit(git, sha, base);
  }
  return undefined;
}

/** The first commit on the base branch itself that contains `head`. */
async function findMergeCommit(git: GitRepository, head: string, base: string): Promise<string> {
  const range = `${head}..${base}`;
  const [own, containing] = await Promise.all([
    runGit(git.gitDir, ['rev-list', '--first-parent', range]),
    runGit(git.gitDir, ['rev-list', '--ancestry-path', range]),
  ]);
  const candidates = new Set(containing.stdout.toString().split('\n').filter(Boolean));
  const line = own.stdout
    .toString()
    .split('\n')
    .filter((sha) => candidates.has(sha));
  return line.at(-1) ?? base;
}

export function markMerged(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  mergeSha: string,
  login: string,
): PullRow {
  const now = context.now();
  context.rows.change('pull', pull.id, {
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

export function markClosed(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  login: string,
): PullRow {
  const now = context.now();
  context.rows.change('pull', pull.id, {
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
