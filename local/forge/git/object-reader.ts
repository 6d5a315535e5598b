import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createGitArgs, createGitEnv } from './run-git.ts';

/** Type and size in bytes of a git object. */
export type GitObject = { readonly sha: string; readonly type: string; readonly size: number };
/** A git object with its content. */
export type GitContent = GitObject & { readonly content: Buffer };

/** A read whose answer has not arrived. cat-file answers in the order of the reads. */
type PendingRead = {
  readonly withContent: boolean;
  readonly resolve: (answer: GitContent | undefined) => void;
  readonly reject: (error: Error) => void;
};

const IDLE_MS = 30_000;

/** Reads git objects through a `git cat-file` process. The process starts on demand and ends after `IDLE_MS` without a read. */
export class ObjectReader {
  readonly #gitDir: string;
  #child: ChildProcessWithoutNullStreams | undefined;
  readonly #pendingReads: PendingRead[] = [];
  #buffer: Buffer = Buffer.alloc(0);
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(gitDir: string) {
    this.#gitDir = gitDir;
  }

  /**
   * Returns type and size of the object that a revision such as `<sha>:<path>` or `<sha>^{tree}` names; undefined: no such
   * object.
   */
  async readInfo(revision: string): Promise<GitObject | undefined> {
    return this.#read(revision, false);
  }

  /** Returns type, size and content of the object that a revision names; undefined: no such object. */
  async readContent(revision: string): Promise<GitContent | undefined> {
    return this.#read(revision, true);
  }

  /** Ends the process; pending reads fail. */
  close(): void {
    clearTimeout(this.#idleTimer);
    const child = this.#child;
    if (child === undefined) return;
    this.#rejectPendingReads(child, new Error('The object reader was closed during a read.'));
    child.kill('SIGKILL');
  }

  #read(revision: string, withContent: boolean): Promise<GitContent | undefined> {
    // cat-file reads one request per line, and no git object has a line feed or NUL in its name.
    if (/[\n\0]/.test(revision)) return Promise.resolve(undefined);
    const child = this.#ensureProcess();
    return new Promise((resolve, reject) => {
      this.#pendingReads.push({ withContent, resolve, reject });
      child.stdin.write(`${withContent ? 'contents' : 'info'} ${revision}\n`);
    });
  }

  #ensureProcess(): ChildProcessWithoutNullStreams {
    this.#restartIdleTimer();
    if (this.#child !== undefined) return this.#child;
    const child = spawn('git', createGitArgs(this.#gitDir, ['cat-file', '--batch-command']), {
      env: createGitEnv(),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#buffer = Buffer.alloc(0);
    child.stderr.resume();
    child.stdin.on('error', () => undefined);
    child.stdout.on('data', (chunk: Buffer) => {
      if (this.#child !== child) return;
      this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
      this.#resolvePendingReads();
    });
    child.on('error', (error) => this.#rejectPendingReads(child, error));
    child.on('close', () =>
      this.#rejectPendingReads(
        child,
        new Error(`git cat-file exited during a read in ${this.#gitDir}.`),
      ),
    );
    return child;
  }

  #restartIdleTimer(): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => {
      if (this.#pendingReads.length === 0) this.close();
      else this.#restartIdleTimer();
    }, IDLE_MS).unref();
  }

  #rejectPendingReads(child: ChildProcessWithoutNullStreams, error: Error): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    for (const pendingRead of this.#pendingReads.splice(0)) pendingRead.reject(error);
  }

  #resolvePendingReads(): void {
    for (;;) {
      const pendingRead = this.#pendingReads[0];
      const lineEnd = this.#buffer.indexOf(10);
      if (pendingRead === undefined || lineEnd === -1) return;
      const answer = this.#takeAnswer(pendingRead, lineEnd);
      if (answer === 'incomplete') return;
      this.#pendingReads.shift();
      pendingRead.resolve(answer);
    }
  }

  #takeAnswer(pendingRead: PendingRead, lineEnd: number): GitContent | undefined | 'incomplete' {
    const line = this.#buffer.toString('utf8', 0, lineEnd);
    const match = /^([0-9a-f]{40}) (\w+) (\d+)$/.exec(line);
    const [, sha = '', type = '', digits = '0'] = match ?? [];
    const size = Number(digits);
    const end = match === null || !pendingRead.withContent ? lineEnd + 1 : lineEnd + 1 + size + 1;
    if (this.#buffer.length < end) return 'incomplete';
    const content = Buffer.from(this.#buffer.subarray(lineEnd + 1, Math.max(lineEnd + 1, end - 1)));
    this.#buffer = this.#buffer.subarray(end);
    if (match === null) return undefined;
    return { sha, type, size, content };
  }
}
