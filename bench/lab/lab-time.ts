import { setTimeout as delay } from 'node:timers/promises';
import { EventLoop } from '../../test/simulation/time/event-loop.ts';

/** Time for what waits: the machine's own, or one that stands still while anything can go on without it. */
export type LabTime = {
  now(): number;
  /** Milliseconds from any moment, as fine as there are. */
  stamp(): number;
  after(ms: number, act: () => void): void;
  /** Until `done` holds or there is nothing left to happen; `limitMs` on from now. False: it does not hold. */
  run(done: () => boolean, limitMs: number): Promise<boolean>;
};

const START = Date.UTC(2026, 0, 5, 8, 0, 0);

export function virtualTime(): LabTime {
  const loop = new EventLoop(START);
  return {
    now: () => loop.now,
    stamp: () => loop.now,
    after: (ms, act) => loop.after(ms, act),
    // Its loop runs microtasks itself, which no microtask can.
    run: (done, limitMs) =>
      new Promise((resolve) => {
        setImmediate(() => {
          loop.run(loop.now + limitMs, done);
          resolve(done());
        });
      }),
  };
}

const LOOK_MS = 5;

export function realTime(): LabTime {
  return {
    now: () => Date.now(),
    stamp: () => performance.now(),
    after: (ms, act) => {
      if (ms <= 0) setImmediate(act);
      else setTimeout(act, ms);
    },
    run: async (done, limitMs) => {
      const end = Date.now() + limitMs;
      while (!done() && Date.now() < end) await delay(LOOK_MS);
      return done();
    },
  };
}
