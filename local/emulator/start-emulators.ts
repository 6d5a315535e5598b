import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../core/error.ts';
import type { Log } from '../../core/port/runtime.ts';
import type { Credential } from './credential.ts';
import { type Begin, begunSchema, END } from './emulator-message.ts';

// Store and queues in a process of their own: they take their work off the platform's event loop, and may die alone, as
// services do. They are started again where they were, and what was asked meanwhile is asked again.

const PROGRAM = fileURLToPath(new URL('./main.ts', import.meta.url));
/** A platform that was killed a moment ago may still hold the data through its own. */
const IN_USE_MS = 5_000;
const AGAIN_MS = 200;
const END_MS = 10_000;
/** Indexes that a crash left behind are put right in it. */
const START_MS = 120_000;

export type Emulators = {
  readonly store: { readonly endpoint: string };
  readonly queues: { readonly endpoint: string; readonly urls: Readonly<Record<string, string>> };
  readonly pid: () => number | undefined;
  close(): Promise<void>;
};

export type EmulatorOptions = {
  readonly storeDir: string;
  readonly queuesDir: string;
  readonly credential: Credential;
  readonly log: Log;
  /** The platform's own, of which it is given what it needs. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** It is ended when it is not up by then. */
  readonly startMs?: number;
};

type Running = { child: ChildProcess; at: Pick<Emulators, 'store' | 'queues'> };

/** DynamoDB's and SQS's wires on loopback, for callers that show the credential. Throws when the data cannot be opened. */
export async function startEmulators(options: EmulatorOptions): Promise<Emulators> {
  const { storeDir, queuesDir, credential, log } = options;
  const data = { storeDir, queuesDir, credential };
  const first: Begin = { ...data, storePort: 0, queuesPort: 0, isAgain: false };
  let running = await startPatiently(first, options);
  let closing = false;
  const { at } = running;
  const again: Begin = {
    ...data,
    storePort: portOf(at.store.endpoint),
    queuesPort: portOf(at.queues.endpoint),
    isAgain: true,
  };
  const watched = watch();
  return {
    ...at,
    pid: () => running.child.pid,
    async close() {
      closing = true;
      await end(running.child);
      await watched;
    },
  };

  async function watch(): Promise<void> {
    while (!closing) {
      const [code, signal] = await gone(running.child);
      if (closing) return;
      log.error('store and queues ended', { code, signal });
      await startAgain();
    }
    await end(running.child);
  }

  async function startAgain(): Promise<void> {
    while (!closing) {
      try {
        running = await start(again, options);
        log.info('store and queues are back', { pid: running.child.pid });
        return;
      } catch (error) {
        log.error('store and queues do not start', { cause: String(error) });
        await delay(AGAIN_MS);
      }
    }
  }
}

function portOf(endpoint: string): number {
  return Number(new URL(endpoint).port);
}

async function startPatiently(begin: Begin, options: EmulatorOptions): Promise<Running> {
  const deadline = Date.now() + IN_USE_MS;
  for (;;) {
    try {
      return await start(begin, options);
    } catch (error) {
      const isTaken = error instanceof AppError && error.code === 'store_in_use';
      if (!isTaken || Date.now() > deadline) throw error;
      await delay(AGAIN_MS);
    }
  }
}

async function start(begin: Begin, options: EmulatorOptions): Promise<Running> {
  const { env, startMs = START_MS } = options;
  const child = fork(PROGRAM, [], {
    // The rest has secrets.
    env: { PATH: env.PATH, NODE_COMPILE_CACHE: env.NODE_COMPILE_CACHE },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = gone(child).then(([code, signal]) => {
    throw new Error(`it ended at once (${signal ?? code})`);
  });
  child.send(begin);
  const message = await Promise.race([firstMessage(child, startMs), ended]);
  const begun = begunSchema.parse(message);
  if ('store' in begun)
    return { child, at: { store: { endpoint: begun.store }, queues: begun.queues } };
  await end(child);
  throw new AppError('conflict', begun.code, begun.message);
}

async function firstMessage(child: ChildProcess, withinMs: number): Promise<unknown> {
  const signal = AbortSignal.timeout(withinMs);
  try {
    const [message] = await once(child, 'message', { signal });
    return message;
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`it did not start within ${withinMs / 1_000} s`, { cause: error });
  }
}

async function gone(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return [child.exitCode, child.signalCode];
}

async function end(child: ChildProcess): Promise<void> {
  if (child.connected) child.send(END, () => undefined);
  const slow = setTimeout(() => child.kill('SIGKILL'), END_MS);
  await gone(child);
  clearTimeout(slow);
}
