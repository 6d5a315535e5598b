import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import type { CliError } from './cli-error.ts';
import { createUsageError } from './cli-error.ts';
import type { Environment } from './host.ts';

// Reads the user's repository and changes nothing, not even the index, which a plain `git status` may rewrite.

const runExecFile = promisify(execFile);

/** The state of a local repository from which a plan starts. */
export type LocalRepository = {
  /** Top folder of the work tree, symbolic links resolved. */
  readonly path: string;
  readonly branch: string;
  /** Commit from which the work starts. */
  readonly sha: string;
  /** Changed or untracked files, which the plan ignores. */
  readonly dirtyPaths: readonly string[];
};

/**
 * Reads the commit from which a plan starts.
 *
 * @param base a branch of the repository; undefined: the current branch at HEAD
 * @throws CliError with exit code `usage` if the folder, the branch or a commit is missing
 */
export async function readLocalRepository(
  folder: string,
  base: string | undefined,
  env: Environment,
): Promise<LocalRepository> {
  const path = await findTopLevel(folder, env);
  const git = (...args: string[]) => runGit(path, args, env);
  // `--short` would return "heads/main" if a tag has the name of the branch.
  const current = parseBranchRef(await git('symbolic-ref', '--quiet', 'HEAD'));
  const branch = base ?? current;
  if (branch === undefined) {
    throw createUsageError(
      `HEAD of ${path} is detached, so the branch to start from is unknown`,
      'name the branch with --base',
    );
  }
  const ref = branch === current ? 'HEAD' : `refs/heads/${branch}`;
  const sha = await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`);
  if (sha === undefined) throw createMissingCommitError(path, branch, branch === current);
  const status = await git('status', '--porcelain=v1', '-z', '--untracked-files=normal');
  return { path, branch, sha, dirtyPaths: parseDirtyPaths(status ?? '') };
}

/** Returns the top folder of the work tree around a folder, symbolic links resolved. */
export async function findTopLevel(folder: string, env: Environment): Promise<string> {
  const path = resolve(folder);
  const top = await runGit(path, ['rev-parse', '--show-toplevel'], env);
  if (top !== undefined) return realpath(top);
  throw createUsageError(
    `${path} is not inside a git work tree`,
    'name a local repository with --repo PATH, or a repository on GitHub with --github OWNER/NAME',
  );
}

function createMissingCommitError(path: string, branch: string, isCurrent: boolean): CliError {
  return isCurrent
    ? createUsageError(
        `${path} has no commit yet`,
        'create a first commit, because a plan starts from a commit',
      )
    : createUsageError(`${path} has no branch "${branch}"`, '`git branch` lists the branches');
}

/** Returns the branch that a full reference name stands for; undefined: a reference that is not a branch. */
export function parseBranchRef(ref: string | undefined): string | undefined {
  const prefix = 'refs/heads/';
  return ref?.startsWith(prefix) ? ref.slice(prefix.length) : undefined;
}

/**
 * Parses the paths in the output of `git status --porcelain=v1 -z`. Each field, ended by a NUL character, holds two status
 * letters, a space and a path. The field after a rename or copy holds the old path and is skipped.
 */
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

/** Runs git and returns its output without the last line break; undefined if git fails. */
async function runGit(
  folder: string,
  args: readonly string[],
  env: Environment,
): Promise<string | undefined> {
  // With fsmonitor, git would start a daemon or a program that the repository names.
  const fullArgs = ['-C', folder, '-c', 'core.fsmonitor=false', '--no-optional-locks', ...args];
  try {
    const { stdout } = await runExecFile('git', fullArgs, {
      env: buildGitEnvironment(env),
      maxBuffer: 64 << 20,
    });
    return stdout.replace(/\n$/, '');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw createUsageError('git is not installed, or not on the PATH');
    }
    if (isDubiousOwner(error)) {
      throw createUsageError(
        `git does not trust ${folder}, because the folder belongs to another user`,
        `if you trust the folder, run: git config --global --add safe.directory ${folder}`,
      );
    }
    return undefined;
  }
}

function isDubiousOwner(error: unknown): boolean {
  if (!(error instanceof Error) || !('stderr' in error)) return false;
  return String(error.stderr).includes('dubious ownership');
}

/** Builds an environment without the variables of an outer git, such as GIT_DIR in a hook, and without secrets. */
function buildGitEnvironment(env: Environment): Record<string, string> {
  const variables: Record<string, string> = { GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' };
  for (const name of ['PATH', 'HOME', 'XDG_CONFIG_HOME', 'USERPROFILE', 'SYSTEMROOT']) {
    const value = env[name];
    if (value !== undefined) variables[name] = value;
  }
  return variables;
}
