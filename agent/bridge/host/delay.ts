import { setTimeout as delay } from 'node:timers/promises';
import { getAbortReason } from '../attempt-error.ts';

/** Resolves after `ms` milliseconds, or rejects with the reason of the signal if the signal aborts first. */
export function delayUnlessAborted(ms: number, signal: AbortSignal): Promise<void> {
  return delay(ms, undefined, { signal }).catch(() => {
    throw getAbortReason(signal);
  });
}
