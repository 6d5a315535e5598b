import { spawn } from 'node:child_process';

/** Configuration of every git process: no hooks, no background maintenance. */
export const GIT_CONFIG: readonly string[] = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'gc.auto=0',
  'receive.autogc=false',
  'receive.denyCurrentBranch=refuse',
  'receive.denyDeleteCurrent=refuse',
  'receive.unpackLimit=200',
  'http.receivepack=true',
  'uploadpack.allowFilter=true',
  'uploadpack.allowAnySHA1InWant=true',
  'transfer.hideRefs=refs/stash',
  'transfer.hideRefs=refs/remotes',
];

/** Exit code and output of a git process. */
export type GitResult = { readonly code: number; readonly stdout: Buffer; readonly stderr: string };

/** Thrown when git ends with an unexpected exit code. */
export class GitFailure extends Error {
  override readonly name = 'GitFailure';
  readonly code: number;

  constructor(args: readonly string[], code: number, stderr: string) {
    super(`git ${args[0] ?? ''} ended with ${code}: ${stderr.trim()}`);
    this.code = code;
  }
}

/** Returns the environment of a git process, without the machine's git configuration and identity. */
export function gitEnv(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    ...extra,
  };
}

export function gitArgs(gitDir: string, args: readonly string[]): string[] {
  return [...GIT_CONFIG.flatMap((entry) => ['-c', entry]), `--git-dir=${gitDir}`, ...args];
}

/** Runs git on a git directory until its end. Throws GitFailure for an exit code outside `accept` (default: 0). */
export function runGit(
  gitDir: string,
  args: readonly string[],
  options: {
    readonly accept?: readonly number[];
    readonly input?: string;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<GitResult> {
  const accept = options.accept ?? [0];
  return new Promise((resolve, reject) => {
    const child = spawn('git', gitArgs(gitDir, args), {
      env: gitEnv(options.env),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', reject);
    // When git ends without reading its input, the exit code tells whether that is a failure.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.on('close', (exit) => {
      const code = exit ?? 128;
      const stderr = Buffer.concat(err).toString();
      if (!accept.includes(code)) {
        reject(new GitFailure(args, code, stderr));
        return;
      }
      resolve({ code, stdout: Buffer.concat(out), stderr });
    });
  });
}

/** Runs git and returns its output without line ends at the end. */
export async function readGitText(gitDir: string, args: readonly string[]): Promise<string> {
  const { stdout } = await runGit(gitDir, args);
  return stdout.toString().trimEnd();
}
