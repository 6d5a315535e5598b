import { AppError } from '../../core/base/app-error.ts';
import { parseRetryAfterMs } from '../../core/base/retry-after.ts';

/** Number of remaining calls below which the quota counts as used up, so that people can still use the same credential. */
const MIN_REMAINING_CALLS = 50;
/**
 * Pause after a rate-limit refusal whose headers do not contain the end of the pause. GitHub asks clients to wait at least one
 * minute.
 */
export const DEFAULT_PAUSE_MS = 60_000;

/** Headers of a response, by lower-case name. */
export type Headers = Readonly<Record<string, string | number | undefined>>;

/** Remaining calls of one credential, according to the headers of its last responses. */
export type Quota = {
  /** Throws AppError `paused` if the quota is used up. */
  requireAvailable(url: string): void;
  /** Records the headers of a response; `isRefusal` is true if the response refused the call because of a rate limit. */
  recordHeaders(url: string, headers: Headers, isRefusal: boolean): void;
};

/** Tracks the quota of one credential; `now` returns epoch milliseconds. */
export function createQuota(now: () => number): Quota {
  /** End of the pause in epoch milliseconds, by quota name; `all` pauses every call. */
  const pausedUntil = new Map<string, number>();
  return {
    requireAvailable(url) {
      const until = Math.max(pausedUntil.get(getQuotaName(url)) ?? 0, pausedUntil.get('all') ?? 0);
      if (until > now())
        throw createPausedError(
          until,
          'the rate limit of the forge is almost used up; smol-gang continues after the reset of the limit',
        );
    },
    recordHeaders(url, headers, isRefusal) {
      if (isRefusal) {
        // A refusal although calls remain comes from a secondary rate limit, which covers all calls.
        const pausedQuota = isQuotaUsedUp(headers) ? getQuotaName(url) : 'all';
        pausedUntil.set(pausedQuota, readPauseEnd(headers, now()));
        return;
      }
      const remaining = Number(headers['x-ratelimit-remaining'] ?? Number.POSITIVE_INFINITY);
      const resetAt = Number(headers['x-ratelimit-reset'] ?? 0) * 1_000;
      if (remaining < MIN_REMAINING_CALLS) pausedUntil.set(getQuotaName(url), resetAt);
      else pausedUntil.delete(getQuotaName(url));
    },
  };
}

/** Creates the error that asks the caller to wait until `until`, epoch milliseconds. */
export function createPausedError(until: number, message: string, cause?: unknown): AppError {
  return new AppError('paused', 'forge_paused', message, { details: { until }, cause });
}

/** Reads the end of the pause (epoch milliseconds) from the headers of a rate-limit refusal. */
export function readPauseEnd(headers: Headers, now: number): number {
  const retryAfterMs = parseRetryAfterMs(headers['retry-after']?.toString(), now);
  if (retryAfterMs !== undefined) return now + retryAfterMs;
  const resetAt = Number(headers['x-ratelimit-reset'] ?? Number.NaN) * 1_000;
  if (isQuotaUsedUp(headers) && resetAt > now) return resetAt;
  return now + DEFAULT_PAUSE_MS;
}

export function isQuotaUsedUp(headers: Headers): boolean {
  return String(headers['x-ratelimit-remaining'] ?? '') === '0';
}

/** Returns the name of the quota that a call uses: GitHub counts REST and GraphQL calls separately. */
function getQuotaName(url: string): string {
  return url.endsWith('/graphql') ? 'graphql' : 'core';
}
