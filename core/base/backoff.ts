/** Bounds of an exponential backoff. */
export type Backoff = {
  /** Wait after the first failure, milliseconds. */
  readonly firstMs: number;
  /** Upper bound of the wait, milliseconds. */
  readonly maxMs: number;
};

/**
 * Computes the wait before the next try: `firstMs` after the first failure, doubled after each further failure.
 *
 * @param failures failures in a row, from 1; a lower number counts as 1
 * @returns milliseconds, at most `maxMs`
 */
export function backoffMs(failures: number, { firstMs, maxMs }: Backoff): number {
  return Math.min(maxMs, firstMs * 2 ** Math.max(0, failures - 1));
}
