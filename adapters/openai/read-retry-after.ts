const MAX_WAIT_MS = 60 * 60_000;

/** Milliseconds that the endpoint asks to wait, at most an hour; undefined when it does not say. */
export function readRetryAfterMs(headers: Headers | undefined, now: number): number | undefined {
  const ms = parsePositive(headers?.get('retry-after-ms'));
  if (ms !== undefined) return Math.min(ms, MAX_WAIT_MS);

  const header = headers?.get('retry-after');
  const seconds = parsePositive(header);
  if (seconds !== undefined) return Math.min(seconds * 1000, MAX_WAIT_MS);

  const date = Date.parse(header ?? '');
  if (Number.isNaN(date)) return undefined;
  return Math.min(Math.max(date - now, 0), MAX_WAIT_MS);
}

function parsePositive(value: string | null | undefined): number | undefined {
  if (value === null || value === undefined || !/^\d+(\.\d+)?$/.test(value.trim())) {
    return undefined;
  }
  return Number(value);
}
