import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AttemptFailure } from './attempt-end.ts';
import type { Finished, ProcessTable } from './process.ts';

// How the bridge runs git: with a git dir of its own outside the workspace, and deaf to whatever configuration, hooks,
// filters or attributes the workspace, the user or the machine may bring.

export type GitCredential = { username: string; password: string };

export type GitOptions = {
  /** Exit codes that are answers and not errors. Default: 0. */
  accept?: readonly number[];
  env?: Record<string, string>;
  input?: string;
  /** Talks to the forge with this, given to that one process. */
  credential?: GitCredential;
};

export type GitAnswer = { exitCode: number; stdout: string; stderr: string };
export type Git = (args: readonly string[], options?: GitOptions) => Promise<GitAnswer>;

export type GitPlace = {
  gitDir: string;
  workTree: string;
  /** Default: the git dir's own. */
  indexFile?: string;
};

const MAX_OUTPUT = 64 * 1024 * 1024;

export class GitError extends Error {
  override readonly name = 'GitError';
  readonly stderr: string;

  constructor(args: readonly string[], answer: Pick<Finished, 'exitCode' | 'stderr'>) {
    super(`git ${args[0]} ended with ${answer.exitCode}: ${answer.stderr.trim().slice(-1_000)}`);
    this.stderr = answer.stderr;
  }
}

export function createGit(processes: ProcessTable, place: GitPlace, signal: AbortSignal): Git {
  return async (args, options = {}) => {
    const finished = await processes.run(['git', ...args], {
      cwd: place.workTree,
      env: {
        ...gitEnvironment(place),
        ...credentialEnvironment(options.credential),
        ...options.env,
      },
      signal,
      keep: 'head',
      maxBytes: MAX_OUTPUT,
      ...(options.input === undefined ? {} : { input: options.input }),
    });
    const { exitCode, stdout, stderr } = finished;
    if (exitCode === null || !(options.accept ?? [0]).includes(exitCode)) {
      throw new GitError(args, finished);
    }
    return { exitCode, stdout, stderr };
  };
}

function gitEnvironment(place: GitPlace): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    // Nothing of the user's: no ~/.netrc, no ~/.config/git.
    HOME: place.gitDir,
    XDG_CONFIG_HOME: place.gitDir,
    LC_ALL: 'C',
    GIT_DIR: place.gitDir,
    GIT_WORK_TREE: place.workTree,
    ...(place.indexFile ? { GIT_INDEX_FILE: place.indexFile } : {}),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: 'http:https',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_EDITOR: 'false',
  };
}

/** The credential reaches git in its environment only: not in argv, not in the address, not on disk. */
function credentialEnvironment(credential: GitCredential | undefined): Record<string, string> {
  if (!credential) return {};
  const basic = Buffer.from(`${credential.username}:${credential.password}`).toString('base64');
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'http.extraHeader',
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
  };
}

const BRIDGE_CONFIG = `[core]
	repositoryformatversion = 0
	bare = false
	filemode = true
	symlinks = true
	logAllRefUpdates = false
	hooksPath = /dev/null
	fsmonitor = false
	untrackedCache = false
	attributesFile = /dev/null
	excludesFile = /dev/null
	autocrlf = false
	safecrlf = false
	quotePath = false
	pager = cat
[gc]
	auto = 0
[maintenance]
	auto = false
[protocol]
	version = 2
	allow = never
[protocol "http"]
	allow = always
[protocol "https"]
	allow = always
[http]
	followRedirects = false
[credential]
	helper =
[submodule]
	recurse = false
[fetch]
	recurseSubmodules = false
[push]
	recurseSubmodules = no
	gpgSign = false
[diff]
	ignoreSubmodules = all
[commit]
	gpgSign = false
[merge]
	conflictStyle = merge
`;

/** Overrides every .gitattributes: bytes go in and out as they are, and merges are git's own. */
const ATTRIBUTES =
  '* -text -eol -filter -ident -working-tree-encoding !diff !merge !conflict-marker-size !whitespace\n';

/** Never meant to be committed, even where a repository forgets to ignore it. */
const EXCLUDES = [
  'node_modules/',
  '__pycache__/',
  '*.pyc',
  '.pytest_cache/',
  '.mypy_cache/',
  '.venv/',
  '.DS_Store',
  '.smol-agent/',
];

/** A git dir for the bridge, made without running anything. `alternates`: object stores to borrow from. */
export async function writeBridgeRepository(gitDir: string, alternates: string[]): Promise<void> {
  await writeRepository(gitDir, BRIDGE_CONFIG, alternates);
  await mkdir(join(gitDir, 'info'), { recursive: true });
  await writeFile(join(gitDir, 'info/attributes'), ATTRIBUTES);
  await writeFile(join(gitDir, 'info/exclude'), `${EXCLUDES.join('\n')}\n`);
}

/** An ordinary repository for those who work in a checkout (agent, set-up, tests). The bridge never reads it. */
export async function writeCheckoutRepository(
  gitDir: string,
  options: { commit: string; objects: string; author: { name: string; email: string } },
): Promise<void> {
  const { name, email } = options.author;
  const config = `[core]\n\trepositoryformatversion = 0\n\tbare = false\n[user]\n\tname = ${quote(name)}\n\temail = ${quote(email)}\n`;
  await writeRepository(gitDir, config, [options.objects]);
  await writeFile(join(gitDir, 'refs/heads/work'), `${options.commit}\n`);
}

async function writeRepository(gitDir: string, config: string, alternates: string[]) {
  await mkdir(join(gitDir, 'objects/info'), { recursive: true });
  await mkdir(join(gitDir, 'objects/pack'), { recursive: true });
  await mkdir(join(gitDir, 'refs/heads'), { recursive: true });
  await writeFile(join(gitDir, 'HEAD'), 'ref: refs/heads/work\n');
  await writeFile(join(gitDir, 'config'), config);
  if (alternates.length === 0) return;
  await writeFile(join(gitDir, 'objects/info/alternates'), `${alternates.join('\n')}\n`);
}

function quote(value: string): string {
  return `"${value.replace(/[\\"]/g, '\\$&').replace(/[\n\r\0]/g, ' ')}"`;
}

/** What a failed talk with the forge means for the attempt. `now` in epoch milliseconds. */
export function forgeFailure(error: unknown, doing: string, now: number): Error {
  if (!(error instanceof GitError))
    return error instanceof Error ? error : new Error(String(error));
  const message = `${doing}: ${lastLine(error.stderr)}`;
  const status = Number(
    /(?:error|returned error|HTTP code|HTTP)[: =]+(\d{3})/.exec(error.stderr)?.[1],
  );
  // A rule of the forge about what is pushed (size, secrets, protection), which the work itself broke.
  if (/\[remote rejected\]/.test(error.stderr)) {
    return new AttemptFailure('agent', message, { cause: error });
  }
  if (/\[rejected\]/.test(error.stderr))
    return new AttemptFailure('infra', message, { cause: error });
  const waitMs = status === 429 || status === 403 ? 5 * 60_000 : 60_000;
  return new AttemptFailure('forge', message, { until: now + waitMs, cause: error });
}

/** Whether asking the forge again at once may help. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof GitError)) return false;
  return /(?:error: 5\d\d|Could not resolve|Failed to connect|timed out|early EOF|unexpected disconnect|Connection reset|RPC failed|Empty reply)/i.test(
    error.stderr,
  );
}

function lastLine(text: string): string {
  return (
    text
      .trim()
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-3)
      .join(' ')
      .slice(0, 600) || 'git said nothing'
  );
}
