/**
 * Maps all items with at most `concurrency` calls at the same time and returns the results in order. A failed call does not stop
 * the others; the first error is thrown after all calls have ended.
 */
export async function mapInParallel<T, R>(
  items: readonly T[],
  concurrency: number,
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  const errors: unknown[] = [];
  // All workers take items from this iterator.
  const remainingEntries = items.entries();
  async function runWorker(): Promise<void> {
    for (const [index, item] of remainingEntries) {
      try {
        results[index] = await map(item);
      } catch (error) {
        errors.push(error);
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, runWorker));
  if (errors.length > 0) throw errors[0];
  return results;
}
