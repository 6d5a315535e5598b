import type { FileFacts } from './scan/facts.ts';

/** A figure about the code, with the places that the figure counts. */
export type Measure = {
  /** Key on the command line. */
  readonly id: string;
  readonly title: string;
  readonly value: string;
  /** Absent for a figure that is only reported. */
  readonly bound?: string;
  readonly isBroken: boolean;
  /** `path:line: text`, in the order of paths. */
  readonly findings: readonly string[];
};

/** Creates a measure of the number of findings, with the bound 0. */
export function createCountMeasure(
  id: string,
  title: string,
  findings: readonly string[],
): Measure {
  const value = String(findings.length);
  return { id, title, value, bound: '0', isBroken: findings.length > 0, findings };
}

/** Formats a finding with its place. */
export function formatFinding(file: FileFacts, line: number, text: string): string {
  return `${file.path}:${line}: ${text}`;
}

/** Formats `part` of `whole` as a percentage with its counts. */
export function formatShare(part: number, whole: number): string {
  return `${(100 * computeRatio(part, whole)).toFixed(1)} % (${part} of ${whole})`;
}

/** Divides `part` by `whole`; returns 0 if `whole` is 0. */
export function computeRatio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** Returns the value below which `share` (0 to 1) of the values lie; 0 for no values. */
export function computeQuantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
