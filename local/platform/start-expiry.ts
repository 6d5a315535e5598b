import { setTimeout as delay } from 'node:timers/promises';
import { describeError } from '../../core/base/describe-error.ts';
import type { Log } from '../../core/port/runtime.ts';

// DynamoDB removes expired items by itself, the stores of a laptop do not, so the platform removes them. As in DynamoDB, an expired
// item may remain for some time.

const INTERVAL_MS = 3_600_000;
const FIRST_DELAY_MS = 60_000;

/** Removes items that expired before `nowSeconds` (epoch seconds), until `signal` aborts; returns their number. */
export type RemoveExpired = (nowSeconds: number, signal: AbortSignal) => Promise<number>;

/** Removes expired items one minute after the start, then every hour. */
export function startExpiry(removeExpired: RemoveExpired, log: Log): { close(): Promise<void> } {
  const stop = new AbortController();
  const running = runExpiry(removeExpired, log, stop.signal);
  return {
    async close() {
      stop.abort();
      await running;
    },
  };
}

async function runExpiry(
  removeExpired: RemoveExpired,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = INTERVAL_MS) {
    try {
      await delay(delayMs, undefined, { signal, ref: false });
    } catch {
      return;
    }
    try {
      const removedCount = await removeExpired(Math.floor(Date.now() / 1_000), signal);
      if (removedCount > 0) log.info('expired items removed', { removed: removedCount });
    } catch (error) {
      log.warn('expired items could not be removed; trying again in an hour', {
        cause: describeError(error),
      });
    }
  }
}
