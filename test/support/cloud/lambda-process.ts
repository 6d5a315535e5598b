import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';

// Runs a bundle in a separate process with exactly the given environment.

const RUNTIME_PROGRAM = fileURLToPath(new URL('./lambda-runtime.mjs', import.meta.url));

const answerSchema = z.object({
  id: z.number(),
  result: z.unknown().optional(),
  error: z
    .object({
      name: z.string().optional(),
      message: z.string(),
      code: z.string().optional(),
    })
    .optional(),
});
type RuntimeAnswer = z.output<typeof answerSchema>;

/** Error thrown by a handler. */
export class LambdaError extends Error {
  readonly code: string | undefined;

  constructor({ name = 'Error', message, code }: NonNullable<RuntimeAnswer['error']>) {
    super(`${name}: ${message}`);
    this.code = code;
  }
}

/** Process of a function. */
export class LambdaProcess {
  /** Time of the spawn call in milliseconds of `performance.now()`. */
  readonly startedAt: number;
  readonly #child: ChildProcess;
  readonly #pendingAnswers = new Map<number, (answer: RuntimeAnswer) => void>();
  #eventCount = 0;
  #output = '';

  private constructor(child: ChildProcess, startedAt: number) {
    this.startedAt = startedAt;
    this.#child = child;
    child.on('message', (message) => {
      const answer = answerSchema.parse(message);
      this.#pendingAnswers.get(answer.id)?.(answer);
      this.#pendingAnswers.delete(answer.id);
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    child.once('exit', (code) => {
      const error = {
        message: `the function's process exited with code ${code}:\n${this.#output}`,
      };
      for (const [id, resolve] of this.#pendingAnswers) resolve({ id, error });
    });
  }

  /** Starts the process. Events that arrive early wait until the bundle is loaded. */
  static start(bundle: string, env: Readonly<Record<string, string>>): LambdaProcess {
    const startedAt = performance.now();
    const child = spawn(process.execPath, [RUNTIME_PROGRAM, pathToFileURL(bundle).href], {
      cwd: '/',
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    return new LambdaProcess(child, startedAt);
  }

  /** Runs the handler for an event. Throws LambdaError when the handler throws. */
  async invoke(event: object): Promise<unknown> {
    this.#eventCount += 1;
    const id = this.#eventCount;
    const answered = new Promise<RuntimeAnswer>((resolve) => this.#pendingAnswers.set(id, resolve));
    this.#child.send({ id, event }, (error) => {
      if (error)
        this.#pendingAnswers.get(id)?.({ id, error: { message: `${error}: ${this.#output}` } });
    });
    const { result, error } = await answered;
    if (error !== undefined) throw new LambdaError(error);
    return result;
  }

  /** Output of the process so far. */
  get output(): string {
    return this.#output;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}
