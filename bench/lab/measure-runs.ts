/** A measured operation, with the milliseconds of each run. */
export type Measurement = { readonly label: string; readonly timesMs: readonly number[] };

/** Measures `count` runs, one after the other, after `count / 10` warm-up runs; returns the milliseconds of each run. */
export async function measureRuns(
  count: number,
  run: (index: number) => Promise<void>,
): Promise<number[]> {
  const warmUp = Math.ceil(count / 10);
  const timesMs: number[] = [];
  for (let index = 0; index < warmUp + count; index += 1) {
    const startedAt = performance.now();
    await run(index);
    if (index >= warmUp) timesMs.push(performance.now() - startedAt);
  }
  return timesMs;
}

/** Returns the smallest of the sorted values that at least `share` (0 to 1) of the values do not exceed; NaN for no values. */
export function computePercentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
