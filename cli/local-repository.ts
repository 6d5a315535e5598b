import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import type { CliError } from './cli-error.ts';
import { createUsageError } from './cli-error.ts';
import type { Environment } from './host.ts';

// Looks at a repository and changes nothing in it: not even the index, which a plain `git status` may rewrite.

const runExecFile = promisify(execFile);

export type LocalRepository = {
  /** Top of the work tree, links resolved. */
  readonly path: string;
  readonly branch: string;
  /** The commit that work starts from. */
  readonly sha: string;
  /** Changed or untracked, and so not taken. */
  readonly dirtyPaths: readonly string[];
};

/** `base`: a branch of it; without one the current branch, at HEAD. */
export async function readLocalRepository(
  folder: string,
  base: string | undefined,
  env: Environment,
): Promise<LocalRepository> {
  const path = await findTopLevel(folder, env);
  const git = (...args: string[]) => runGit(path, args, env);
  const current = await git('symbolic-ref', '--quiet', '--short', 'HEAD');
  const branch = base ?? current;
  if (branch === undefined) {
    throw createUsageError(
      `HEAD of ${path} is detached`,
      'name the branch to start from with --base',
    );
  }
  const ref = branch === current ? 'HEAD' : `refs/heads/${branch}`;
  const sha = await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`);
  if (sha === undefined) throw createMissingCommitError(path, branch, branch === current);
  const status = await git('status', '--porcelain=v1', '-z', '--untracked-files=normal');
  return { path, branch, sha, dirtyPaths: parseDirtyPaths(status ?? '') };
}

/** The top of the work tree that a folder is in, links resolved. */
export async function findTopLevel(folder: string, env: Environment): Promise<string> {
  const at = resolve(folder);
  const top = await runGit(at, ['rev-parse', '--show-toplevel'], env);
  if (top !== undefined) return realpath(top);
  throw createUsageError(
    `${at} is not inside a git work tree`,
    'name one with --repo, or --github owner/name',
  );
}

function createMissingCommitError(path: string, branch: string, isCurrent: boolean): CliError {
  return isCurrent
    ? createUsageError(
        `${path} has no commit yet`,
        'commit something first: work starts from a commit',
      )
    : createUsageError(`${path} has no branch "${branch}"`, 'see `git branch` for those it has');
}

/** Paths of `git status --porcelain=v1 -z`; of a rename, the new one. */
export function parseDirtyPaths(status: string): string[] {
  const paths: string[] = [];
  const fields = status.split('\0');
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index] ?? '';
    if (field.length < 4) continue;
    paths.push(field.slice(3));
    if (/[RC]/.test(field.slice(0, 2))) index += 1;
  }
  return paths;
}

/** Its output without the last line break; undefined when git says no. */
async function runGit(
  folder: string,
  args: readonly string[],
  env: Environment,
): Promise<string | undefined> {
  // An fsmonitor would start a daemon, or a program that the repository names.
  const full = ['-C', folder, '-c', 'core.fsmonitor=false', '--no-optional-locks', ...args];
  try {
    const { stdout } = await runExecFile('git', full, {
      env: buildGitEnvironment(env),
      maxBuffer: 64 << 20,
    });
    return stdout.replace(/\n$/, '');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw createUsageError('git is not installed, or not on the PATH');
    }
    if (isDubiousOwner(error)) {
      throw createUsageError(`git does not trust ${folder}: it belongs to somebody else`);
    }
    return undefined;
  }
}

function isDubiousOwner(error: unknown): boolean {
  if (!(error instanceof Error) || !('stderr' in error)) return false;
  return String(error.stderr).includes('dubious ownership');
}

/** Nothing of an outer git (a hook's GIT_DIR) and no secrets of ours. */
function buildGitEnvironment(env: Environment): Record<string, string> {
  const kept: Record<string, string> = { GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' };
  for (const name of ['PATH', 'HOME', 'XDG_CONFIG_HOME', 'USERPROFILE', 'SYSTEMROOT']) {
    const value = env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}
