export type Measurement = { readonly label: string; readonly times: readonly number[] };

/** `count` runs, one after another; milliseconds each. A few before them are not counted. */
export async function measureRuns(
  count: number,
  run: (n: number) => Promise<void>,
): Promise<number[]> {
  const warmUp = Math.ceil(count / 10);
  const times: number[] = [];
  for (let n = 0; n < warmUp + count; n += 1) {
    const began = performance.now();
    await run(n);
    if (n >= warmUp) times.push(performance.now() - began);
  }
  return times;
}

/** The smallest value that `share` of all do not exceed. */
export function computePercentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
