import type { Finished, ProcessTable } from './process.ts';
import { programPath } from './settings.ts';

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
    PATH: programPath(),
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
