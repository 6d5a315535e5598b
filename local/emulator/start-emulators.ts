import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../core/base/app-error.ts';
import { describeError } from '../../core/base/describe-error.ts';
import type { Log } from '../../core/port/runtime.ts';
import type { Credential } from '../credential.ts';
import type { StartCommand } from './emulator-message.ts';
import { STOP_COMMAND, startReplySchema } from './emulator-message.ts';

// Runs the emulators of DynamoDB (the store) and SQS (the queues) in a separate process, so that their load does not block the
// platform's event loop. After a crash the emulator process restarts on the same ports, and clients repeat failed requests.

const PROGRAM = fileURLToPath(new URL('./main.ts', import.meta.url));
/** Time limit for retries while the emulator process of a killed platform still uses the data folders. */
const DATA_IN_USE_TIMEOUT_MS = 5_000;
const RETRY_DELAY_MS = 200;
const STOP_TIMEOUT_MS = 10_000;
/** Includes the time to repair indexes after a crash. */
const START_TIMEOUT_MS = 120_000;

/** The running emulators of DynamoDB (`store`) and SQS (`queues`). */
export type Emulators = {
  readonly store: { readonly endpoint: string };
  readonly queues: { readonly endpoint: string; readonly urls: Readonly<Record<string, string>> };
  /** Returns the id of the emulator process, for tests that kill the process. */
  readonly pid: () => number | undefined;
  close(): Promise<void>;
};

/** Data, access and environment of the emulators. */
export type EmulatorOptions = {
  readonly storeDir: string;
  readonly queuesDir: string;
  readonly credential: Credential;
  readonly log: Log;
  /** Environment of the platform; the emulator process gets only the variables that it needs. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Time limit in milliseconds until the emulators are ready; default: 120,000. */
  readonly startTimeoutMs?: number;
};

type RunningEmulators = {
  readonly child: ChildProcess;
  readonly endpoints: Pick<Emulators, 'store' | 'queues'>;
};

/**
 * Starts emulators of DynamoDB and SQS on loopback, for callers with the credential. Throws AppError `store_in_use` if another
 * process uses the data.
 */
export async function startEmulators(options: EmulatorOptions): Promise<Emulators> {
  const { storeDir, queuesDir, credential, log } = options;
  const data = { storeDir, queuesDir, credential };
  const firstStart: StartCommand = { ...data, storePort: 0, queuesPort: 0, isRestart: false };
  let running = await startWithRetry(firstStart, options);
  let isClosing = false;
  const { endpoints } = running;
  const restartCommand: StartCommand = {
    ...data,
    storePort: parsePort(endpoints.store.endpoint),
    queuesPort: parsePort(endpoints.queues.endpoint),
    isRestart: true,
  };
  const restartLoop = restartOnExit();
  return {
    ...endpoints,
    pid: () => running.child.pid,
    async close() {
      isClosing = true;
      await stopProcess(running.child);
      await restartLoop;
    },
  };

  async function restartOnExit(): Promise<void> {
    while (!isClosing) {
      const [code, signal] = await waitForExit(running.child);
      if (isClosing) return;
      log.error('the emulator process (store and queues) exited; restarting it', { code, signal });
      await restartProcess();
    }
    await stopProcess(running.child);
  }

  async function restartProcess(): Promise<void> {
    while (!isClosing) {
      try {
        running = await startProcess(restartCommand, options);
        log.info('the emulator process (store and queues) restarted', { pid: running.child.pid });
        return;
      } catch (error) {
        log.error('the emulator process (store and queues) did not restart; trying again', {
          cause: describeError(error),
        });
        await delay(RETRY_DELAY_MS);
      }
    }
  }
}

function parsePort(endpoint: string): number {
  return Number(new URL(endpoint).port);
}

async function startWithRetry(
  command: StartCommand,
  options: EmulatorOptions,
): Promise<RunningEmulators> {
  const deadline = Date.now() + DATA_IN_USE_TIMEOUT_MS;
  for (;;) {
    try {
      return await startProcess(command, options);
    } catch (error) {
      const isStoreInUse = error instanceof AppError && error.code === 'store_in_use';
      if (!isStoreInUse || Date.now() > deadline) throw error;
      await delay(RETRY_DELAY_MS);
    }
  }
}

async function startProcess(
  command: StartCommand,
  options: EmulatorOptions,
): Promise<RunningEmulators> {
  const { env, startTimeoutMs = START_TIMEOUT_MS } = options;
  const child = fork(PROGRAM, [], {
    // Other variables may contain secrets.
    env: { PATH: env.PATH, NODE_COMPILE_CACHE: env.NODE_COMPILE_CACHE },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exit = waitForExit(child).then(([code, signal]) => {
    throw new Error(
      `the emulator process (store and queues) exited before it was ready (exit code or signal: ${signal ?? code}); see its output above`,
    );
  });
  child.send(command);
  const message = await Promise.race([waitForFirstMessage(child, startTimeoutMs), exit]);
  const reply = startReplySchema.parse(message);
  if ('store' in reply)
    return { child, endpoints: { store: { endpoint: reply.store }, queues: reply.queues } };
  await stopProcess(child);
  throw new AppError('conflict', reply.code, reply.message);
}

async function waitForFirstMessage(child: ChildProcess, timeoutMs: number): Promise<unknown> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const [message] = await once(child, 'message', { signal });
    return message;
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(
      `the emulator process (store and queues) did not become ready within ${timeoutMs / 1_000} s and was killed; start the platform again`,
      { cause: error },
    );
  }
}

async function waitForExit(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return [child.exitCode, child.signalCode];
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.connected) child.send(STOP_COMMAND, () => undefined);
  const killTimer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await waitForExit(child);
  clearTimeout(killTimer);
}
