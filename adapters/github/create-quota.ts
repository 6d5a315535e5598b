import { AppError } from '../../core/base/app-error.ts';
import { parseRetryAfterMs } from '../../core/base/retry-after.ts';

/** Remaining calls below which the quota counts as used up, so that some calls remain for people and for unfinished work. */
const LOW_QUOTA = 50;
/** Pause after a refusal whose headers do not contain the end of the pause. GitHub asks clients to wait at least one minute. */
export const DEFAULT_PAUSE_MS = 60_000;

/** Headers of a response. */
export type Headers = Readonly<Record<string, string | number | undefined>>;

/** Rate limit of one credential, from the headers of its last responses. */
export type Quota = {
  /** Throws AppError `paused` if the quota is used up. */
  requireAvailable(url: string): void;
  /** Records the headers of a response; `isRefusal` is true if the response refused the call because of a rate limit. */
  recordHeaders(url: string, headers: Headers, isRefusal: boolean): void;
};

/** Tracks the quota of one credential; `now` returns epoch milliseconds. */
export function createQuota(now: () => number): Quota {
  const pausedUntil = new Map<string, number>();
  return {
    requireAvailable(url) {
      const family = getQuotaFamily(url);
      const until = Math.max(pausedUntil.get(family) ?? 0, pausedUntil.get('all') ?? 0);
      if (until > now())
        throw createPausedError(until, 'the rate limit of the forge is almost used up');
    },
    recordHeaders(url, headers, isRefusal) {
      if (isRefusal) {
        const scope = isQuotaUsedUp(headers) ? getQuotaFamily(url) : 'all';
        pausedUntil.set(scope, readPauseEnd(headers, now()));
        return;
      }
      const remaining = Number(headers['x-ratelimit-remaining'] ?? Number.POSITIVE_INFINITY);
      const reset = Number(headers['x-ratelimit-reset'] ?? 0) * 1_000;
      if (remaining < LOW_QUOTA) pausedUntil.set(getQuotaFamily(url), reset);
      else pausedUntil.delete(getQuotaFamily(url));
    },
  };
}

/** Creates the error of a paused forge; `until` in epoch milliseconds. */
export function createPausedError(until: number, message: string, cause?: unknown): AppError {
  return new AppError('paused', 'forge_paused', message, { details: { until }, cause });
}

/** Reads the end of a pause from the headers of a refusal, epoch milliseconds. */
export function readPauseEnd(headers: Headers, now: number): number {
  const retryAfterMs = parseRetryAfterMs(headers['retry-after']?.toString(), now);
  if (retryAfterMs !== undefined) return now + retryAfterMs;
  const reset = Number(headers['x-ratelimit-reset'] ?? Number.NaN) * 1_000;
  if (isQuotaUsedUp(headers) && reset > now) return reset;
  return now + DEFAULT_PAUSE_MS;
}

export function isQuotaUsedUp(headers: Headers): boolean {
  return String(headers['x-ratelimit-remaining'] ?? '') === '0';
}

/** Returns the quota that a call uses: GitHub counts REST and GraphQL calls separately. */
function getQuotaFamily(url: string): string {
  return url.endsWith('/graphql') ? 'graphql' : 'core';
}
