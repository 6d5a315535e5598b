import { describeError } from '../../core/base/describe-error.ts';
import type { Log } from '../../core/port/runtime.ts';

// Last resort for errors that no part of the platform handled.

/** Time limit of an orderly stop after an unexpected error, in milliseconds. */
const STOP_TIMEOUT_MS = 15_000;

const DISK_ADVICE = 'free disk space; the platform continues';
const DESCRIPTOR_ADVICE =
  'raise the limit of open files (ulimit -n) or close other programs; the platform continues';

/** Advice for each code of a system error after which the platform can continue. Its parts repeat their work. */
const ADVICE_BY_CODE: Readonly<Record<string, string>> = {
  ENOSPC: DISK_ADVICE,
  EDQUOT: DISK_ADVICE,
  EMFILE: DESCRIPTOR_ADVICE,
  ENFILE: DESCRIPTOR_ADVICE,
  EROFS: 'make the file system of the data folder writable; the platform continues',
  EACCES: 'give the platform access to the files of its data folder; the platform continues',
  EPIPE: 'the other end of a connection was closed; the platform continues',
  ECONNRESET: 'the other end of a connection was closed; the platform continues',
  ECONNABORTED: 'the other end of a connection was closed; the platform continues',
};

/** Handles errors that no part of the platform handled. */
export type ProcessErrorOptions = {
  readonly log: Log;
  /** Prints a line for the person at the terminal. */
  readonly print: (text: string) => void;
  /** Stops the platform in order. */
  readonly stop: () => Promise<void>;
  readonly exit: (code: number) => void;
};

/** Source of the events of a process; only tests pass another source than `process`. */
export type ProcessEvents = {
  on(
    event: 'uncaughtException' | 'unhandledRejection',
    listener: (error: unknown) => void,
  ): unknown;
};

/**
 * Keeps the platform running after errors of the disk, of file descriptors and of connections, and prints what to do. After any
 * other error, whose effect is unknown, stops the platform in order and exits with code 1.
 */
export function handleProcessErrors(events: ProcessEvents, options: ProcessErrorOptions): void {
  let isStopping = false;
  const printedCodes = new Set<string>();
  const handle = (error: unknown) => {
    const code = readCode(error);
    const advice = code === undefined ? undefined : ADVICE_BY_CODE[code];
    const cause = describeError(error);
    options.log.error('an error reached no handler', { cause, code, advice });
    if (code !== undefined && advice !== undefined) {
      // Standard error may be the closed connection, so each code is printed once.
      if (!printedCodes.has(code)) options.print(`smol-gang: ${cause}: ${advice}`);
      printedCodes.add(code);
      return;
    }
    if (isStopping) return;
    isStopping = true;
    options.print(
      `smol-gang: an unexpected error stops the platform; start it again to continue the plans: ${cause}`,
    );
    void stopInTime(options.stop).finally(() => options.exit(1));
  };
  events.on('uncaughtException', handle);
  events.on('unhandledRejection', handle);
}

/** Waits for the stop of the platform, but not longer than STOP_TIMEOUT_MS. */
function stopInTime(stop: () => Promise<void>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise((resolve) => {
    timer = setTimeout(resolve, STOP_TIMEOUT_MS);
  });
  const stopped = stop().catch(() => undefined);
  return Promise.race([stopped, timeout]).finally(() => clearTimeout(timer));
}

function readCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
