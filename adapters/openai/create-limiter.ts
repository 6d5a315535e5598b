/** Runs a task as soon as the limit allows it, and returns the result of the task. */
export type Limiter = <T>(task: () => Promise<T>) => Promise<T>;

/** Creates a limiter that runs at most `concurrency` tasks at the same time; other tasks wait in order. */
export function createLimiter(concurrency: number): Limiter {
  let running = 0;
  const waiting: (() => void)[] = [];

  async function acquirePlace(): Promise<void> {
    if (running < concurrency) {
      running += 1;
      return;
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  }

  // Passes the place directly to the next waiting task, so that a new task cannot overtake.
  function releasePlace(): void {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }

  return async (task) => {
    await acquirePlace();
    try {
      return await task();
    } finally {
      releasePlace();
    }
  };
}
