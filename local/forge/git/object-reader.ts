import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createGitArgs, createGitEnv } from './run-git.ts';

/** Type and size in bytes of a git object. */
export type GitObject = { readonly sha: string; readonly type: string; readonly size: number };
/** A git object with its content. */
export type GitContent = GitObject & { readonly content: Buffer };

/** A read that waits for its answer; cat-file answers in the order of the requests. */
type Request = {
  readonly withContent: boolean;
  readonly resolve: (answer: GitContent | undefined) => void;
  readonly reject: (error: Error) => void;
};

const IDLE_MS = 30_000;

/** Reads objects through a `git cat-file` process, which starts on demand and is ended after `IDLE_MS` without a read. */
export class ObjectReader {
  readonly #gitDir: string;
  #child: ChildProcessWithoutNullStreams | undefined;
  readonly #requests: Request[] = [];
  #buffer: Buffer = Buffer.alloc(0);
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(gitDir: string) {
    this.#gitDir = gitDir;
  }

  /** Returns type and size of the object that a revision such as `<sha>:<path>` or `<sha>^{tree}` names; undefined: no such object. */
  async readInfo(revision: string): Promise<GitObject | undefined> {
    return this.#request(revision, false);
  }

  /** Returns type, size and content of the object that a revision names; undefined: no such object. */
  async readContent(revision: string): Promise<GitContent | undefined> {
    return this.#request(revision, true);
  }

  close(): void {
    clearTimeout(this.#idleTimer);
    const child = this.#child;
    if (child === undefined) return;
    this.#rejectRequests(child, new Error('The object reader was closed during a read.'));
    child.kill('SIGKILL');
  }

  #request(revision: string, withContent: boolean): Promise<GitContent | undefined> {
    // Requests to cat-file are lines. No object has a line feed or NUL in its name.
    if (/[\n\0]/.test(revision)) return Promise.resolve(undefined);
    const child = this.#ensureProcess();
    return new Promise((resolve, reject) => {
      this.#requests.push({ withContent, resolve, reject });
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
      this.#answerRequests();
    });
    child.on('error', (error) => this.#rejectRequests(child, error));
    child.on('close', () =>
      this.#rejectRequests(
        child,
        new Error(`git cat-file exited during a read in ${this.#gitDir}.`),
      ),
    );
    return child;
  }

  #restartIdleTimer(): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => {
      if (this.#requests.length === 0) this.close();
      else this.#restartIdleTimer();
    }, IDLE_MS).unref();
  }

  #rejectRequests(child: ChildProcessWithoutNullStreams, error: Error): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    for (const request of this.#requests.splice(0)) request.reject(error);
  }

  #answerRequests(): void {
    for (;;) {
      const request = this.#requests[0];
      const lineEnd = this.#buffer.indexOf(10);
      if (request === undefined || lineEnd === -1) return;
      const answer = this.#takeAnswer(request, lineEnd);
      if (answer === 'incomplete') return;
      this.#requests.shift();
      request.resolve(answer);
    }
  }

  #takeAnswer(request: Request, lineEnd: number): GitContent | undefined | 'incomplete' {
    const line = this.#buffer.toString('utf8', 0, lineEnd);
    const match = /^([0-9a-f]{40}) (\w+) (\d+)$/.exec(line);
    const [, sha = '', type = '', digits = '0'] = match ?? [];
    const size = Number(digits);
    const end = match === null || !request.withContent ? lineEnd + 1 : lineEnd + 1 + size + 1;
    if (this.#buffer.length < end) return 'incomplete';
    const content = Buffer.from(this.#buffer.subarray(lineEnd + 1, Math.max(lineEnd + 1, end - 1)));
    this.#buffer = this.#buffer.subarray(end);
    if (match === null) return undefined;
    return { sha, type, size, content };
  }
}
