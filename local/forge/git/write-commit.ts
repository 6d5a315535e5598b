import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { GitRepository } from './git-repository.ts';
import { GitError, runGit } from './run-git.ts';

/** A person or account, used as author and committer of a commit. */
export type GitAuthor = { readonly name: string; readonly email: string };

/** Creates a commit and returns its id. No branch moves. */
export async function writeCommit(
  git: GitRepository,
  commit: {
    readonly tree: string;
    readonly parents: readonly string[];
    readonly message: string;
    readonly author: GitAuthor;
    /** Time of the commit in epoch milliseconds. */
    readonly committedAt: number;
  },
): Promise<string> {
  const date = `${Math.floor(commit.committedAt / 1_000)} +0000`;
  const parents = commit.parents.flatMap((parent) => ['-p', parent]);
  const { stdout } = await runGit(git.gitDir, ['commit-tree', commit.tree, ...parents, '-F', '-'], {
    // Git rejects a NUL in a message, but the title of a pull request may contain a NUL.
    input: commit.message.replaceAll('\0', ''),
    env: {
      GIT_AUTHOR_NAME: commit.author.name,
      GIT_AUTHOR_EMAIL: commit.author.email,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: commit.author.name,
      GIT_COMMITTER_EMAIL: commit.author.email,
      GIT_COMMITTER_DATE: date,
    },
  });
  return stdout.toString().trim();
}

const ZERO_SHA = '0'.repeat(40);

/**
 * Moves a branch from the commit `before` to the commit `after`. `before` undefined: creates the branch; `after` undefined:
 * deletes the branch. Nothing changes unless the result is `done`:
 * - `changed`  the branch is not at `before`, because another writer came first
 * - `clash`    git cannot store a branch `a` and a branch `a/b` at the same time
 */
export async function updateBranch(
  git: GitRepository,
  branch: string,
  before: string | undefined,
  after: string | undefined,
): Promise<'done' | 'changed' | 'clash'> {
  const ref = `refs/heads/${branch}`;
  removeStaleLockFile(git.gitDir, branch);
  const args =
    after === undefined
      ? ['update-ref', '-d', ref, before ?? ZERO_SHA]
      : ['update-ref', ref, after, before ?? ZERO_SHA];
  const { code, stderr } = await runGit(git.gitDir, args, {
    acceptedCodes: [0, 1, 128],
    env: {
      GIT_COMMITTER_NAME: 'forge',
      GIT_COMMITTER_EMAIL: 'forge@localhost',
    },
  });
  if (code === 0) return 'done';
  if (/but expected|reference already exists|unable to resolve|File exists/.test(stderr)) {
    return 'changed';
  }
  if (/cannot create|exists; cannot/.test(stderr)) return 'clash';
  throw new GitError(args, code, stderr);
}

const STALE_LOCK_FILE_MS = 5_000;

/** Removes the lock file that a killed git process left on a branch. A running process keeps a lock file for milliseconds. */
export function removeStaleLockFile(gitDir: string, branch: string): void {
  const folder = join(gitDir, 'refs/heads/');
  const lockFile = join(folder, `${branch}.lock`);
  if (!lockFile.startsWith(folder)) throw new Error(`"${branch}" is not a branch name`);
  const stat = statSync(lockFile, { throwIfNoEntry: false });
  if (stat === undefined || Date.now() - stat.mtimeMs < STALE_LOCK_FILE_MS) return;
  rmSync(lockFile, { force: true });
}
