import { selectNetworkVariables } from '../../../core/contract/tool-environment.ts';
import type { FinishedProcess, ProcessTable } from '../host/process-table.ts';

// Runs git for the bridge. The git directory lies outside the workspace. Git uses no configuration, hook, filter or attribute of the
// workspace, the user or the machine.

/** Credential for the forge over HTTP basic authentication. */
export type GitCredential = { readonly username: string; readonly password: string };

/** Options of one git command. */
export type GitOptions = {
  /** Exit codes that are not errors. Default: only 0. */
  readonly acceptedExitCodes?: readonly number[];
  /** Additional environment variables. */
  readonly env?: Record<string, string>;
  /** Text (as UTF-8) or bytes for standard input. */
  readonly input?: string | Buffer;
  /** Credential for the forge, passed to this process only. */
  readonly credential?: GitCredential;
};

/** Outcome of a git command with an accepted exit code. */
export type GitOutput = {
  readonly exitCode: number;
  /** Standard output with one character per byte (Latin-1), because paths need not be valid UTF-8. */
  readonly stdout: string;
  readonly stderr: string;
};

/** Runs one git command. Throws GitError for any exit code that is not accepted, and if the output is too long. */
export type Git = (args: readonly string[], options?: GitOptions) => Promise<GitOutput>;

/** Directories and index file that a git command uses. */
export type GitLocation = {
  readonly gitDir: string;
  readonly workTree: string;
  /** Default: the index of `gitDir`. */
  readonly indexFile?: string;
};

const MAX_OUTPUT_CHARS = 64 * 1024 * 1024;

/** Failure of a git command. The message quotes the end of standard error. */
export class GitError extends Error {
  override readonly name = 'GitError';
  readonly stderr: string;
  /** False if git was not started, was killed or wrote too much output. */
  readonly hasExited: boolean;

  constructor(args: readonly string[], finished: Pick<FinishedProcess, 'exitCode' | 'stderr'>) {
    const { exitCode, stderr } = finished;
    const outcome =
      exitCode === null
        ? 'did not finish (not started, killed, or too much output)'
        : `failed with exit code ${exitCode}`;
    super(`git ${args[0]} ${outcome}: ${stderr.trim().slice(-1_000)}`);
    this.stderr = stderr;
    this.hasExited = exitCode !== null;
  }
}

/** Creates a function that runs git at one location. `signal` kills running commands. */
export function createGit(
  processes: ProcessTable,
  location: GitLocation,
  signal: AbortSignal,
): Git {
  return async (args, options = {}) => {
    const finished = await processes.run(['git', ...args], {
      cwd: location.workTree,
      env: {
        ...selectNetworkVariables(processes.toolEnvironment),
        ...buildGitEnvironment(location, processes.programPath),
        ...buildCredentialEnvironment(options.credential),
        ...options.env,
      },
      signal,
      stdoutEncoding: 'latin1',
      overflow: 'fail',
      maxChars: MAX_OUTPUT_CHARS,
      ...(options.input === undefined ? {} : { input: options.input }),
    });
    const { exitCode, stdout, stderr } = finished;
    if (exitCode === null || !(options.acceptedExitCodes ?? [0]).includes(exitCode)) {
      throw new GitError(args, finished);
    }
    return { exitCode, stdout, stderr };
  };
}

function buildGitEnvironment(location: GitLocation, programPath: string): Record<string, string> {
  return {
    PATH: programPath,
    // Hides the files of the user, such as ~/.netrc and ~/.config/git.
    HOME: location.gitDir,
    XDG_CONFIG_HOME: location.gitDir,
    LC_ALL: 'C',
    GIT_DIR: location.gitDir,
    GIT_WORK_TREE: location.workTree,
    ...(location.indexFile ? { GIT_INDEX_FILE: location.indexFile } : {}),
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

/** Passes the credential in the environment: never in an argument, in the URL or on disk. */
function buildCredentialEnvironment(credential: GitCredential | undefined): Record<string, string> {
  if (!credential) return {};
  const basic = Buffer.from(`${credential.username}:${credential.password}`).toString('base64');
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'http.extraHeader',
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
  };
}
