import { setTimeout as delay } from 'node:timers/promises';
import { EventLoop } from '../../test/simulation/time/event-loop.ts';

/** Time for what waits: the machine's own, or one that stands still while anything can go on without it. */
export type LabTime = {
  now(): number;
  /** Milliseconds from any moment, as fine as there are. */
  readTimestamp(): number;
  runAfter(ms: number, act: () => void): void;
  /** Until `done` holds or there is nothing left to happen; `limitMs` on from now. False: it does not hold. */
  runUntil(done: () => boolean, limitMs: number): Promise<boolean>;
};

const START = Date.UTC(2026, 0, 5, 8, 0, 0);

export function createVirtualTime(): LabTime {
  const loop = new EventLoop(START);
  return {
    now: () => loop.now,
    readTimestamp: () => loop.now,
    runAfter: (ms, act) => loop.schedule(ms, act),
    // Its loop runs microtasks itself, which no microtask can.
    runUntil: (done, limitMs) =>
      new Promise((resolve) => {
        setImmediate(() => {
          loop.runUntil(loop.now + limitMs, done);
          resolve(done());
        });
      }),
  };
}

const POLL_INTERVAL_MS = 5;

export function createRealTime(): LabTime {
  return {
    now: () => Date.now(),
    readTimestamp: () => performance.now(),
    runAfter: (ms, act) => {
      if (ms <= 0) setImmediate(act);
      else setTimeout(act, ms);
    },
    runUntil: async (done, limitMs) => {
      const end = Date.now() + limitMs;
      while (!done() && Date.now() < end) await delay(POLL_INTERVAL_MS);
      return done();
    },
  };
}
