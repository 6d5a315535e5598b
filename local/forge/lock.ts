/**
 * Runs `work` after all earlier work of the same key has finished. Not reentrant: work that locks the same key again waits
 * forever.
 */
export type Lock = <T>(key: number, work: () => Promise<T>) => Promise<T>;

export function createLock(): Lock {
  const lastByKey = new Map<number, Promise<unknown>>();
  return (key, work) => {
    const previous = lastByKey.get(key) ?? Promise.resolve();
    const result = previous.then(work, work);
    const settled = result.catch(() => undefined);
    lastByKey.set(key, settled);
    settled.then(() => {
      if (lastByKey.get(key) === settled) lastByKey.delete(key);
    });
    return result;
  };
}
