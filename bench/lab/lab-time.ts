import { setTimeout as delay } from 'node:timers/promises';
import { EventLoop } from '../../test/simulation/time/event-loop.ts';

/** The clock of a lab: real time, or virtual time that advances only while all work is waiting. */
export type LabTime = {
  /** Returns epoch milliseconds. */
  now(): number;
  /** Returns milliseconds since an arbitrary moment, in the best available resolution. */
  readTimestamp(): number;
  /** Runs `action` after `ms` milliseconds of this clock. */
  runAfter(ms: number, action: () => void): void;
  /** Runs until `isDone` returns true, no work is left, or `limitMs` have passed; returns the value of `isDone`. */
  runUntil(isDone: () => boolean, limitMs: number): Promise<boolean>;
};

const VIRTUAL_START = Date.UTC(2026, 0, 5, 8, 0, 0);

/** Creates a virtual clock. */
export function createVirtualTime(): LabTime {
  const loop = new EventLoop(VIRTUAL_START);
  return {
    now: () => loop.now,
    readTimestamp: () => loop.now,
    runAfter: (ms, action) => loop.schedule(ms, action),
    // `loop.runUntil` runs pending microtasks, which is impossible within a microtask; `setImmediate` leaves the microtask.
    runUntil: (isDone, limitMs) =>
      new Promise((resolve) => {
        setImmediate(() => {
          loop.runUntil(loop.now + limitMs, isDone);
          resolve(isDone());
        });
      }),
  };
}

const POLL_INTERVAL_MS = 5;

/** Creates a real clock. */
export function createRealTime(): LabTime {
  return {
    now: () => Date.now(),
    readTimestamp: () => performance.now(),
    runAfter: (ms, action) => {
      if (ms <= 0) setImmediate(action);
      else setTimeout(action, ms);
    },
    runUntil: async (isDone, limitMs) => {
      const deadline = Date.now() + limitMs;
      while (!isDone() && Date.now() < deadline) await delay(POLL_INTERVAL_MS);
      return isDone();
    },
  };
}
