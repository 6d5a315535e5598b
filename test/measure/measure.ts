import type { FileFacts } from './scan/facts.ts';

/** A figure about the code, with its findings: the places that the figure counts as offences. */
export type Measure = {
  /** Name of the measure for `--list`. */
  readonly id: string;
  readonly title: string;
  readonly value: string;
  /** Bound as shown in the report; absent for a measure that is only reported. */
  readonly bound?: string;
  readonly isBroken: boolean;
  /** `<path>:<line>: <text>` for most measures, in the order of paths. */
  readonly findings: readonly string[];
};

/** Creates a measure that counts findings and allows none. */
export function createCountMeasure(
  id: string,
  title: string,
  findings: readonly string[],
): Measure {
  const value = String(findings.length);
  return { id, title, value, bound: '0', isBroken: findings.length > 0, findings };
}

export function formatFinding(file: FileFacts, line: number, text: string): string {
  return `${file.path}:${line}: ${text}`;
}

/** Formats `part` of `whole` as a percentage with both counts, such as `12.5 % (1 of 8)`. */
export function formatShare(part: number, whole: number): string {
  return `${(100 * computeRatio(part, whole)).toFixed(1)} % (${part} of ${whole})`;
}

/** Divides `part` by `whole`; returns 0 if `whole` is 0. */
export function computeRatio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** Returns the smallest value that is not below the given share (0 to 1) of the values; 0 if there are no values. */
export function computeQuantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
