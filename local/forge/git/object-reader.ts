import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { gitArgs, gitEnv } from './run-git.ts';

/** Type and size in bytes of a git object. */
export type GitObject = { readonly sha: string; readonly type: string; readonly size: number };
/** A git object with its content. */
export type GitContent = GitObject & { readonly content: Buffer };

type Request = {
  readonly withContent: boolean;
  readonly resolve: (answer: GitContent | undefined) => void;
  readonly reject: (error: Error) => void;
};

const IDLE_MS = 30_000;

/** Reads objects through a `git cat-file` process, which ends when no read came for `IDLE_MS`. */
export class ObjectReader {
  readonly #gitDir: string;
  #child: ChildProcessWithoutNullStreams | undefined;
  readonly #requests: Request[] = [];
  #buffer: Buffer = Buffer.alloc(0);
  #idle: NodeJS.Timeout | undefined;

  constructor(gitDir: string) {
    this.#gitDir = gitDir;
  }

  /** Returns type and size of a revision (`<sha>`, `<sha>:<path>`, `<sha>^{tree}`); undefined: no such object. */
  async info(revision: string): Promise<GitObject | undefined> {
    return this.#request(revision, false);
  }

  /** Returns the content of a revision as well. */
  async content(revision: string): Promise<GitContent | undefined> {
    return this.#request(revision, true);
  }

  close(): void {
    clearTimeout(this.#idle);
    const child = this.#child;
    if (child === undefined) return;
    this.#end(child, new Error('The object reader was closed before its answer came.'));
    child.kill('SIGKILL');
  }

  #request(revision: string, withContent: boolean): Promise<GitContent | undefined> {
    // The protocol of cat-file is line by line, so a revision with a line end cannot be sent and names nothing.
    if (/[\n\0]/.test(revision)) return Promise.resolve(undefined);
    const child = this.#start();
    return new Promise((resolve, reject) => {
      this.#requests.push({ withContent, resolve, reject });
      child.stdin.write(`${withContent ? 'contents' : 'info'} ${revision}\n`);
    });
  }

  #start(): ChildProcessWithoutNullStreams {
    this.#restartIdleTimer();
    if (this.#child !== undefined) return this.#child;
    const child = spawn('git', gitArgs(this.#gitDir, ['cat-file', '--batch-command']), {
      env: gitEnv(),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#buffer = Buffer.alloc(0);
    child.stderr.resume();
    child.stdin.on('error', () => undefined);
    child.stdout.on('data', (chunk: Buffer) => {
      if (this.#child !== child) return;
      this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
      this.#read();
    });
    child.on('error', (error) => this.#end(child, error));
    child.on('close', () =>
      this.#end(child, new Error('git cat-file ended before its answer came.')),
    );
    return child;
  }

  #restartIdleTimer(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      if (this.#requests.length === 0) this.close();
      else this.#restartIdleTimer();
    }, IDLE_MS).unref();
  }

  #end(child: ChildProcessWithoutNullStreams, error: Error): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    for (const request of this.#requests.splice(0)) request.reject(error);
  }

  #read(): void {
    for (;;) {
      const next = this.#requests[0];
      const lineEnd = this.#buffer.indexOf(10);
      if (next === undefined || lineEnd === -1) return;
      const answer = this.#parse(next, lineEnd);
      if (answer === 'incomplete') return;
      this.#requests.shift();
      next.resolve(answer);
    }
  }

  #parse(next: Request, lineEnd: number): GitContent | undefined | 'incomplete' {
    const line = this.#buffer.toString('utf8', 0, lineEnd);
    const match = /^([0-9a-f]{40}) (\w+) (\d+)$/.exec(line);
    const [, sha = '', type = '', digits = '0'] = match ?? [];
    const size = Number(digits);
    const end = match === null || !next.withContent ? lineEnd + 1 : lineEnd + 1 + size + 1;
    if (this.#buffer.length < end) return 'incomplete';
    const content = Buffer.from(this.#buffer.subarray(lineEnd + 1, Math.max(lineEnd + 1, end - 1)));
    this.#buffer = this.#buffer.subarray(end);
    if (match === null) return undefined;
    return { sha, type, size, content };
  }
}
