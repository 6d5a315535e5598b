import { readProgramPath } from '../host/bridge-settings.ts';
import type { FinishedProcess, ProcessTable } from '../host/process-table.ts';

// How the bridge runs git: with a git dir of its own outside the workspace, and deaf to whatever configuration, hooks,
// filters or attributes the workspace, the user or the machine may bring.

export type GitCredential = { readonly username: string; readonly password: string };

export type GitOptions = {
  /** Exit codes that are answers and not errors. Default: 0. */
  readonly acceptedExitCodes?: readonly number[];
  readonly env?: Record<string, string>;
  readonly input?: string;
  /** Talks to the forge with this, given to that one process. */
  readonly credential?: GitCredential;
};

export type GitOutput = {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
};
export type Git = (args: readonly string[], options?: GitOptions) => Promise<GitOutput>;

export type GitLocation = {
  readonly gitDir: string;
  readonly workTree: string;
  /** Default: the git dir's own. */
  readonly indexFile?: string;
};

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

export class GitError extends Error {
  override readonly name = 'GitError';
  readonly stderr: string;

  constructor(args: readonly string[], answer: Pick<FinishedProcess, 'exitCode' | 'stderr'>) {
    super(`git ${args[0]} ended with ${answer.exitCode}: ${answer.stderr.trim().slice(-1_000)}`);
    this.stderr = answer.stderr;
  }
}

export function createGit(processes: ProcessTable, place: GitLocation, signal: AbortSignal): Git {
  return async (args, options = {}) => {
    const finished = await processes.run(['git', ...args], {
      cwd: place.workTree,
      env: {
        ...buildGitEnvironment(place),
        ...buildCredentialEnvironment(options.credential),
        ...options.env,
      },
      signal,
      keep: 'head',
      maxBytes: MAX_OUTPUT_BYTES,
      ...(options.input === undefined ? {} : { input: options.input }),
    });
    const { exitCode, stdout, stderr } = finished;
    if (exitCode === null || !(options.acceptedExitCodes ?? [0]).includes(exitCode)) {
      throw new GitError(args, finished);
    }
    return { exitCode, stdout, stderr };
  };
}

function buildGitEnvironment(place: GitLocation): Record<string, string> {
  return {
    PATH: readProgramPath(),
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
function buildCredentialEnvironment(credential: GitCredential | undefined): Record<string, string> {
  if (!credential) return {};
  const basic = Buffer.from(`${credential.username}:${credential.password}`).toString('base64');
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'http.extraHeader',
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
  };
}
