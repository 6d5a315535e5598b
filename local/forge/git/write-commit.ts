import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { GitRepository } from './git-repository.ts';
import { GitFailure, runGit } from './run-git.ts';

/** Author of a commit. */
export type Person = { readonly name: string; readonly email: string };

/** Creates a commit object without moving a branch, and returns its id. */
export async function writeCommit(
  git: GitRepository,
  commit: {
    readonly tree: string;
    readonly parents: readonly string[];
    readonly message: string;
    readonly author: Person;
    /** Epoch milliseconds. */
    readonly at: number;
  },
): Promise<string> {
  const date = `${Math.floor(commit.at / 1_000)} +0000`;
  const parents = commit.parents.flatMap((parent) => ['-p', parent]);
  const { stdout } = await runGit(git.gitDir, ['commit-tree', commit.tree, ...parents, '-F', '-'], {
    // Git refuses a zero byte in a message; titles may contain a zero byte.
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

const ABSENT = '0'.repeat(40);

/**
 * Moves a branch from `before` (undefined: must not exist) to `after` (undefined: delete the branch), all or nothing.
 * - `changed`  another writer moved the branch first
 * - `clash`    the name of another branch is a folder of this name, or this name is a folder of another
 */
export async function updateBranch(
  git: GitRepository,
  branch: string,
  before: string | undefined,
  after: string | undefined,
): Promise<'done' | 'changed' | 'clash'> {
  const ref = `refs/heads/${branch}`;
  removeStaleLock(git.gitDir, branch);
  const args =
    after === undefined
      ? ['update-ref', '-d', ref, before ?? ABSENT]
      : ['update-ref', ref, after, before ?? ABSENT];
  const { code, stderr } = await runGit(git.gitDir, args, {
    accept: [0, 1, 128],
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
  throw new GitFailure(args, code, stderr);
}

const STALE_LOCK_MS = 5_000;

/** Removes the lock that a killed git process left on a branch. A live process holds a lock for milliseconds. */
export function removeStaleLock(gitDir: string, branch: string): void {
  const lock = join(gitDir, `refs/heads/${branch}.lock`);
  const stat = statSync(lock, { throwIfNoEntry: false });
  if (stat === undefined || Date.now() - stat.mtimeMs < STALE_LOCK_MS) return;
  rmSync(lock, { force: true });
}
