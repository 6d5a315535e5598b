export type Row = { readonly what: string; readonly times: readonly number[] };

/** `count` runs, one after another; milliseconds each. A few before them are not counted. */
export async function measure(count: number, run: (n: number) => Promise<void>): Promise<number[]> {
  const warmUp = Math.ceil(count / 10);
  const times: number[] = [];
  for (let n = 0; n < warmUp + count; n += 1) {
    const began = performance.now();
    await run(n);
    if (n >= warmUp) times.push(performance.now() - began);
  }
  return times;
}

export function renderRows(rows: readonly Row[]): string[] {
  const width = Math.max(...rows.map(({ what }) => what.length));
  const head = `${''.padEnd(width)}      n   p50 ms   p95 ms   max ms`;
  return [head, ...rows.map((row) => renderRow(row, width))];
}

function renderRow({ what, times }: Row, width: number): string {
  const sorted = times.toSorted((a, b) => a - b);
  const figures = [0.5, 0.95, 1].map((share) => percentile(sorted, share).toFixed(2).padStart(7));
  return [what.padEnd(width), String(times.length).padStart(5), ...figures].join('  ');
}

/** The smallest value that `share` of all do not exceed. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
