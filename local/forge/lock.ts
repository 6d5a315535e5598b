/** Runs work of the same key one after the other, in the order of the calls. Not re-entrant. */
export type Lock = <T>(key: number, work: () => Promise<T>) => Promise<T>;

export function createLock(): Lock {
  const last = new Map<number, Promise<unknown>>();
  return (key, work) => {
    const before = last.get(key) ?? Promise.resolve();
    const result = before.then(work, work);
    const settled = result.catch(() => undefined);
    last.set(key, settled);
    settled.then(() => {
      if (last.get(key) === settled) last.delete(key);
    });
    return result;
  };
}
