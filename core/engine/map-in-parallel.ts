/**
 * Maps all members with at most `width` calls at the same time and returns the results in order. Every call runs to its end before
 * the first failure is thrown.
 */
export async function mapInParallel<T, R>(
  members: readonly T[],
  width: number,
  map: (member: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(members.length);
  const failures: unknown[] = [];
  const entries = members.entries();
  async function work(): Promise<void> {
    for (const [index, member] of entries) {
      try {
        results[index] = await map(member);
      } catch (error) {
        failures.push(error);
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, members.length) }, work));
  if (failures.length > 0) throw failures[0];
  return results;
}
