import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../core/base/app-error.ts';
import type { Log } from '../../core/port/runtime.ts';
import type { Credential } from './credential.ts';
import type { StartCommand } from './emulator-message.ts';
import { STOP_COMMAND, startReplySchema } from './emulator-message.ts';

// Store and queues in a process of their own: they take their work off the platform's event loop, and may die alone, as
// services do. They are started again where they were, and what was asked meanwhile is asked again.

const PROGRAM = fileURLToPath(new URL('./main.ts', import.meta.url));
/** A platform that was killed a moment ago may still hold the data through its own. */
const DATA_IN_USE_TIMEOUT_MS = 5_000;
const RETRY_DELAY_MS = 200;
const STOP_TIMEOUT_MS = 10_000;
/** Indexes that a crash left behind are put right in it. */
const START_TIMEOUT_MS = 120_000;

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

type RunningEmulators = {
  readonly child: ChildProcess;
  readonly endpoints: Pick<Emulators, 'store' | 'queues'>;
};

/** DynamoDB's and SQS's wires on loopback, for callers that show the credential. Throws when the data cannot be opened. */
export async function startEmulators(options: EmulatorOptions): Promise<Emulators> {
  const { storeDir, queuesDir, credential, log } = options;
  const data = { storeDir, queuesDir, credential };
  const first: StartCommand = { ...data, storePort: 0, queuesPort: 0, isAgain: false };
  let running = await startWithRetry(first, options);
  let closing = false;
  const { endpoints } = running;
  const again: StartCommand = {
    ...data,
    storePort: parsePort(endpoints.store.endpoint),
    queuesPort: parsePort(endpoints.queues.endpoint),
    isAgain: true,
  };
  const watched = watch();
  return {
    ...endpoints,
    pid: () => running.child.pid,
    async close() {
      closing = true;
      await stopProcess(running.child);
      await watched;
    },
  };

  async function watch(): Promise<void> {
    while (!closing) {
      const [code, signal] = await waitForExit(running.child);
      if (closing) return;
      log.error('store and queues ended', { code, signal });
      await startAgain();
    }
    await stopProcess(running.child);
  }

  async function startAgain(): Promise<void> {
    while (!closing) {
      try {
        running = await startProcess(again, options);
        log.info('store and queues are back', { pid: running.child.pid });
        return;
      } catch (error) {
        log.error('store and queues do not start', { cause: String(error) });
        await delay(RETRY_DELAY_MS);
      }
    }
  }
}

function parsePort(endpoint: string): number {
  return Number(new URL(endpoint).port);
}

async function startWithRetry(
  begin: StartCommand,
  options: EmulatorOptions,
): Promise<RunningEmulators> {
  const deadline = Date.now() + DATA_IN_USE_TIMEOUT_MS;
  for (;;) {
    try {
      return await startProcess(begin, options);
    } catch (error) {
      const isTaken = error instanceof AppError && error.code === 'store_in_use';
      if (!isTaken || Date.now() > deadline) throw error;
      await delay(RETRY_DELAY_MS);
    }
  }
}

async function startProcess(
  begin: StartCommand,
  options: EmulatorOptions,
): Promise<RunningEmulators> {
  const { env, startMs = START_TIMEOUT_MS } = options;
  const child = fork(PROGRAM, [], {
    // The rest has secrets.
    env: { PATH: env.PATH, NODE_COMPILE_CACHE: env.NODE_COMPILE_CACHE },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = waitForExit(child).then(([code, signal]) => {
    throw new Error(`it ended at once (${signal ?? code})`);
  });
  child.send(begin);
  const message = await Promise.race([waitForFirstMessage(child, startMs), ended]);
  const begun = startReplySchema.parse(message);
  if ('store' in begun)
    return { child, endpoints: { store: { endpoint: begun.store }, queues: begun.queues } };
  await stopProcess(child);
  throw new AppError('conflict', begun.code, begun.message);
}

async function waitForFirstMessage(child: ChildProcess, withinMs: number): Promise<unknown> {
  const signal = AbortSignal.timeout(withinMs);
  try {
    const [message] = await once(child, 'message', { signal });
    return message;
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`it did not start within ${withinMs / 1_000} s`, { cause: error });
  }
}

async function waitForExit(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return [child.exitCode, child.signalCode];
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.connected) child.send(STOP_COMMAND, () => undefined);
  const slow = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await waitForExit(child);
  clearTimeout(slow);
}
