import { spawn } from 'node:child_process';

/**
 * Configuration of every git process, which overrides the configuration of a linked repository. Git runs no hook, no background
 * maintenance and no program of that repository, and serves and accepts all branches.
 */
export const GIT_CONFIG: readonly string[] = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  // A program that prints no reference. An empty value would start an empty command.
  'core.alternateRefsCommand=true',
  'core.attributesFile=/dev/null',
  'gc.auto=0',
  'receive.autogc=false',
  'receive.denyCurrentBranch=refuse',
  'receive.denyDeleteCurrent=refuse',
  'receive.denyDeletes=false',
  'receive.denyNonFastForwards=false',
  'receive.maxInputSize=0',
  'receive.unpackLimit=200',
  'http.receivepack=true',
  'http.uploadpack=true',
  'uploadpack.allowFilter=true',
  'uploadpack.allowAnySHA1InWant=true',
  'transfer.hideRefs=refs/stash',
  'transfer.hideRefs=refs/remotes',
  // The last matching entry decides, so a linked repository cannot hide branches.
  'transfer.hideRefs=!refs/heads',
];

/** Exit code and output of a git process; 128 if a signal ended the process. */
export type GitResult = { readonly code: number; readonly stdout: Buffer; readonly stderr: string };

/** A git process exited with an unexpected exit code. */
export class GitError extends Error {
  override readonly name = 'GitError';
  readonly code: number;

  constructor(args: readonly string[], code: number, stderr: string) {
    super(`git ${args[0] ?? ''} failed with exit code ${code}: ${stderr.trim()}`);
    this.code = code;
  }
}

/** Returns the environment of a git process, in which the git configuration of the machine and the user has no effect. */
export function createGitEnv(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    // The forge only serves requests. Without a protocol, git cannot fetch a missing object from a remote of the repository.
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_TERMINAL_PROMPT: '0',
    ...extra,
  };
}

export function createGitArgs(gitDir: string, args: readonly string[]): string[] {
  return [...GIT_CONFIG.flatMap((entry) => ['-c', entry]), `--git-dir=${gitDir}`, ...args];
}

/** Runs git on a git directory. Throws a GitError if the exit code is not in `acceptedCodes` (default: 0). */
export function runGit(
  gitDir: string,
  args: readonly string[],
  options: {
    readonly acceptedCodes?: readonly number[];
    readonly input?: string;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<GitResult> {
  const acceptedCodes = options.acceptedCodes ?? [0];
  return new Promise((resolve, reject) => {
    const child = spawn('git', createGitArgs(gitDir, args), {
      env: createGitEnv(options.env),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const stdoutChunks: Buffer[] = [];
    const stderrChunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdoutChunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderrChunks.push(chunk));
    child.on('error', reject);
    // Git may exit before it has read the whole input. Only the exit code tells whether the command failed.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.on('close', (exitCode) => {
      const code = exitCode ?? 128;
      const stderr = Buffer.concat(stderrChunks).toString();
      if (!acceptedCodes.includes(code)) {
        reject(new GitError(args, code, stderr));
        return;
      }
      resolve({ code, stdout: Buffer.concat(stdoutChunks), stderr });
    });
  });
}

/** Runs git and returns its output without trailing white space. */
export async function readGitText(gitDir: string, args: readonly string[]): Promise<string> {
  const { stdout } = await runGit(gitDir, args);
  return stdout.toString().trimEnd();
}
