/** Milliseconds of all runs. */
export type Measurement = { readonly label: string; readonly times: readonly number[] };

/** Measures `count` runs in sequence, after `count / 10` warm-up runs; returns milliseconds per run. */
export async function measureRuns(
  count: number,
  run: (index: number) => Promise<void>,
): Promise<number[]> {
  const warmUp = Math.ceil(count / 10);
  const times: number[] = [];
  for (let index = 0; index < warmUp + count; index += 1) {
    const startedAt = performance.now();
    await run(index);
    if (index >= warmUp) times.push(performance.now() - startedAt);
  }
  return times;
}

/** Returns the smallest value that a share (0 to 1) of the sorted values does not exceed. */
export function computePercentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
