/** Runs an operation as soon as the limit allows, and returns the result of the operation. */
export type Limiter = <T>(operation: () => Promise<T>) => Promise<T>;

/** Creates a limiter that runs at most `concurrency` operations at the same time; other operations wait in order. */
export function createLimiter(concurrency: number): Limiter {
  let runningCount = 0;
  const waitingStarts: (() => void)[] = [];

  async function acquirePlace(): Promise<void> {
    if (runningCount < concurrency) {
      runningCount += 1;
      return;
    }
    await new Promise<void>((resolve) => waitingStarts.push(resolve));
  }

  // The place passes directly to the next waiting operation, so that a new operation cannot overtake.
  function releasePlace(): void {
    const next = waitingStarts.shift();
    if (next === undefined) runningCount -= 1;
    else next();
  }

  return async (operation) => {
    await acquirePlace();
    try {
      return await operation();
    } finally {
      releasePlace();
    }
  };
}
