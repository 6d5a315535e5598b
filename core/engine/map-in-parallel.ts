/** Runs `act` over all members, at most `width` at once, answers in order. The first failure is thrown once all have ended. */
export async function mapInParallel<T, R>(
  members: readonly T[],
  width: number,
  act: (member: T) => Promise<R>,
): Promise<R[]> {
  const answers = new Array<R>(members.length);
  const failures: unknown[] = [];
  const queue = members.entries();
  async function work(): Promise<void> {
    for (const [index, member] of queue) {
      try {
        answers[index] = await act(member);
      } catch (error) {
        failures.push(error);
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, members.length) }, work));
  if (failures.length > 0) throw failures[0];
  return answers;
}
