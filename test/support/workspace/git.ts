import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);

/** Creates an environment in which git ignores the configuration of the machine and of the user. */
export function createGitEnv(extra: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: tmpdir(),
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Test',
    GIT_AUTHOR_EMAIL: 'test@example.com',
    GIT_COMMITTER_NAME: 'Test',
    GIT_COMMITTER_EMAIL: 'test@example.com',
    ...extra,
  };
}

/** Runs git and returns standard output without its last newline; throws an error that quotes standard error if git fails. */
export async function runGit(
  directory: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const { stdout } = await execFileAsync('git', ['-C', directory, ...args], {
    env: createGitEnv(env),
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout.replace(/\n$/, '');
}

/** Creates environment variables that make git send a token as password, so that no file contains the token. */
export function createTokenEnv(token: string, username = 'x-access-token'): Record<string, string> {
  const basic = Buffer.from(`${username}:${token}`).toString('base64');
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'http.extraHeader',
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
  };
}

export async function makeTemporaryDirectory(
  name = 'smol-gang-test',
): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), `${name}-`));
  return {
    path,
    remove: () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }),
  };
}

/** Creates an empty repository with a work tree. */
export async function initRepository(directory: string, branch = 'main'): Promise<void> {
  await mkdir(directory, { recursive: true });
  await runGit(directory, ['init', '--quiet', `--initial-branch=${branch}`]);
}

/** Writes `files` (null removes a file) and commits all changes on the current branch. Returns the commit id. */
export async function commitFiles(
  directory: string,
  files: Readonly<Record<string, string | Uint8Array | null>>,
  message = 'Change files',
): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(directory, path);
    if (content === null) {
      await rm(file, { force: true });
      continue;
    }
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  await runGit(directory, ['add', '--all']);
  await runGit(directory, ['commit', '--quiet', '--allow-empty', '--message', message]);
  return runGit(directory, ['rev-parse', 'HEAD']);
}

/** Creates a branch at `start` and checks the branch out. */
export async function checkoutNewBranch(
  directory: string,
  branch: string,
  start: string,
): Promise<void> {
  await runGit(directory, ['checkout', '--quiet', '-B', branch, start]);
}

/** Pushes over HTTP with a token; `refspec` has the form `HEAD:refs/heads/main`. */
export async function pushWithToken(
  directory: string,
  url: string,
  token: string,
  refspec: string,
  flags: readonly string[] = [],
): Promise<void> {
  await runGit(directory, ['push', '--quiet', ...flags, url, refspec], createTokenEnv(token));
}

export async function cloneWithToken(url: string, token: string, directory: string): Promise<void> {
  await runGit(dirname(directory), ['clone', '--quiet', url, directory], createTokenEnv(token));
}
