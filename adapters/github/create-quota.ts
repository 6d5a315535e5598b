import { AppError } from '../../core/base/app-error.ts';

/** Below this many calls left, the rest is kept for people and for what is under way. */
const LOW_QUOTA = 50;
/** GitHub asks for at least a minute when it does not say how long. */
export const DEFAULT_PAUSE_MS = 60_000;

export type Headers = Readonly<Record<string, string | number | undefined>>;

/** What one credential may still spend, as its last answers told. */
export type Quota = {
  /** Throws `paused` when asking now is useless. */
  requireAvailable(url: string): void;
  recordHeaders(url: string, headers: Headers, refused: boolean): void;
};

export function createQuota(now: () => number): Quota {
  const until = new Map<string, number>();
  return {
    requireAvailable(url) {
      const paused = Math.max(until.get(getQuotaFamily(url)) ?? 0, until.get('all') ?? 0);
      if (paused > now())
        throw createPausedError(paused, 'the quota of the forge is nearly used up');
    },
    recordHeaders(url, headers, refused) {
      if (refused) {
        const scope = isQuotaUsedUp(headers) ? getQuotaFamily(url) : 'all';
        until.set(scope, readPauseEnd(headers, now()));
        return;
      }
      const remaining = Number(headers['x-ratelimit-remaining'] ?? Number.POSITIVE_INFINITY);
      const reset = Number(headers['x-ratelimit-reset'] ?? 0) * 1_000;
      if (remaining < LOW_QUOTA) until.set(getQuotaFamily(url), reset);
      else until.delete(getQuotaFamily(url));
    },
  };
}

export function createPausedError(until: number, message: string, cause?: unknown): AppError {
  return new AppError('paused', 'forge_paused', message, { details: { until }, cause });
}

/** Epoch milliseconds. */
export function readPauseEnd(headers: Headers, now: number): number {
  const retryAfter = Number(headers['retry-after'] ?? Number.NaN);
  if (Number.isFinite(retryAfter)) return now + retryAfter * 1_000;
  const reset = Number(headers['x-ratelimit-reset'] ?? Number.NaN) * 1_000;
  if (isQuotaUsedUp(headers) && reset > now) return reset;
  return now + DEFAULT_PAUSE_MS;
}

export function isQuotaUsedUp(headers: Headers): boolean {
  return String(headers['x-ratelimit-remaining'] ?? '') === '0';
}

/** REST and GraphQL are counted apart. */
function getQuotaFamily(url: string): string {
  return url.endsWith('/graphql') ? 'graphql' : 'core';
}
