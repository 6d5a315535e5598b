/** Upper bound of any wait that a server requests, milliseconds. A misconfigured server cannot park work for days. */
export const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * Reads a Retry-After header, which holds seconds or an HTTP date.
 *
 * @param header raw header value; null or undefined if the response has none
 * @param now epoch milliseconds, to convert a date into a wait
 * @returns milliseconds to wait, from 0 to one hour; undefined if the header is absent or malformed
 */
export function parseRetryAfterMs(
  header: string | null | undefined,
  now: number,
): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Number(text) * 1_000, MAX_RETRY_AFTER_MS);
  // Date.parse accepts "-5" and bare words such as "may 1"; an HTTP date always names its weekday first.
  const date = /^[A-Za-z]{3},/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(date)) return undefined;
  return Math.min(Math.max(date - now, 0), MAX_RETRY_AFTER_MS);
}
