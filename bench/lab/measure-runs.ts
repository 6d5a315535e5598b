/** A measured operation, with the milliseconds of each run. */
export type Measurement = { readonly label: string; readonly timesMs: readonly number[] };

/** Runs `count / 10` warm-ups, then measures `count` runs, one after the other; returns the milliseconds of each measured run. */
export async function measureRuns(
  count: number,
  run: (index: number) => Promise<void>,
): Promise<number[]> {
  const warmUpCount = Math.ceil(count / 10);
  const timesMs: number[] = [];
  for (let index = 0; index < warmUpCount + count; index += 1) {
    const startedAt = performance.now();
    await run(index);
    if (index >= warmUpCount) timesMs.push(performance.now() - startedAt);
  }
  return timesMs;
}

/** Returns a percentile of ascending values: `share` 0.5 gives the median, 1 the maximum; NaN without values. */
export function computePercentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
