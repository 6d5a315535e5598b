import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { GitRepository } from './git-repository.ts';
import { GitFailure, runGit } from './run-git.ts';

export type Person = { readonly name: string; readonly email: string };

/** Makes a commit object and nothing else; `at` in epoch milliseconds. */
export async function writeCommit(
  git: GitRepository,
  commit: {
    readonly tree: string;
    readonly parents: readonly string[];
    readonly message: string;
    readonly author: Person;
    readonly at: number;
  },
): Promise<string> {
  const date = `${Math.floor(commit.at / 1_000)} +0000`;
  const parents = commit.parents.flatMap((parent) => ['-p', parent]);
  const { stdout } = await runGit(git.gitDir, ['commit-tree', commit.tree, ...parents, '-F', '-'], {
    // Git refuses a zero byte in it, and titles may have one.
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
 * Moves a branch from `before` (undefined: it must not exist) to `after` (undefined: it is deleted), all or nothing.
 * - `changed`  somebody else moved it first
 * - `clash`    another branch's name is a folder of this one's, or the other way round
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

/** A git that was killed leaves its lock, which would hold the branch for ever; a living one holds it for milliseconds. */
export function removeStaleLock(gitDir: string, branch: string): void {
  const lock = join(gitDir, `refs/heads/${branch}.lock`);
  const stat = statSync(lock, { throwIfNoEntry: false });
  if (stat === undefined || Date.now() - stat.mtimeMs < STALE_LOCK_MS) return;
  rmSync(lock, { force: true });
}
