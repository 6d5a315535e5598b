import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { gitArgs, gitEnv } from './run-git.ts';

export type GitObject = { readonly sha: string; readonly type: string; readonly size: number };
export type GitContent = GitObject & { readonly content: Buffer };

type Waiting = {
  readonly withContent: boolean;
  readonly resolve: (answer: GitContent | undefined) => void;
  readonly reject: (error: Error) => void;
};

const IDLE_MS = 30_000;

/** One `git cat-file` per repository that answers questions until nobody has asked for a while. */
export class ObjectReader {
  readonly #gitDir: string;
  #child: ChildProcessWithoutNullStreams | undefined;
  readonly #waiting: Waiting[] = [];
  #buffer: Buffer = Buffer.alloc(0);
  #idle: NodeJS.Timeout | undefined;

  constructor(gitDir: string) {
    this.#gitDir = gitDir;
  }

  /** Type and size of a revision (`<sha>`, `<sha>:<path>`, `<sha>^{tree}`); undefined when there is none. */
  async info(revision: string): Promise<GitObject | undefined> {
    return this.#ask(revision, false);
  }

  async content(revision: string): Promise<GitContent | undefined> {
    return this.#ask(revision, true);
  }

  close(): void {
    clearTimeout(this.#idle);
    const child = this.#child;
    if (child === undefined) return;
    this.#end(child, new Error('the reader was closed'));
    child.kill('SIGKILL');
  }

  #ask(revision: string, withContent: boolean): Promise<GitContent | undefined> {
    // The protocol is line by line: a name with a line end in it names nothing.
    if (/[\n\0]/.test(revision)) return Promise.resolve(undefined);
    const child = this.#start();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ withContent, resolve, reject });
      child.stdin.write(`${withContent ? 'contents' : 'info'} ${revision}\n`);
    });
  }

  #start(): ChildProcessWithoutNullStreams {
    this.#stayAwake();
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
    child.on('close', () => this.#end(child, new Error('git cat-file ended')));
    return child;
  }

  #stayAwake(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      if (this.#waiting.length === 0) this.close();
      else this.#stayAwake();
    }, IDLE_MS).unref();
  }

  #end(child: ChildProcessWithoutNullStreams, error: Error): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }

  #read(): void {
    for (;;) {
      const next = this.#waiting[0];
      const lineEnd = this.#buffer.indexOf(10);
      if (next === undefined || lineEnd === -1) return;
      const answer = this.#parse(next, lineEnd);
      if (answer === 'incomplete') return;
      this.#waiting.shift();
      next.resolve(answer);
    }
  }

  #parse(next: Waiting, lineEnd: number): GitContent | undefined | 'incomplete' {
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
