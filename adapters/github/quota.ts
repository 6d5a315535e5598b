import { AppError } from '../../core/error.ts';

/** Below this many calls left, the rest is kept for people and for what is under way. */
const LOW_QUOTA = 50;
/** GitHub asks for at least a minute when it does not say how long. */
export const DEFAULT_PAUSE_MS = 60_000;

export type Headers = Readonly<Record<string, string | number | undefined>>;

/** What one credential may still spend, as its last answers told. */
export type Quota = {
  /** Throws `paused` when asking now is useless. */
  require(url: string): void;
  note(url: string, headers: Headers, refused: boolean): void;
};

export function createQuota(now: () => number): Quota {
  const until = new Map<string, number>();
  return {
    require(url) {
      const paused = Math.max(until.get(familyOf(url)) ?? 0, until.get('all') ?? 0);
      if (paused > now()) throw pausedUntil(paused, 'the quota of the forge is nearly used up');
    },
    note(url, headers, refused) {
      if (refused) {
        const scope = isUsedUp(headers) ? familyOf(url) : 'all';
        until.set(scope, readPause(headers, now()));
        return;
      }
      const remaining = Number(headers['x-ratelimit-remaining'] ?? Number.POSITIVE_INFINITY);
      const reset = Number(headers['x-ratelimit-reset'] ?? 0) * 1_000;
      if (remaining < LOW_QUOTA) until.set(familyOf(url), reset);
      else until.delete(familyOf(url));
    },
  };
}

export function pausedUntil(until: number, message: string, cause?: unknown): AppError {
  return new AppError('paused', 'forge_paused', message, { details: { until }, cause });
}

/** Epoch milliseconds. */
export function readPause(headers: Headers, now: number): number {
  const retryAfter = Number(headers['retry-after'] ?? Number.NaN);
  if (Number.isFinite(retryAfter)) return now + retryAfter * 1_000;
  const reset = Number(headers['x-ratelimit-reset'] ?? Number.NaN) * 1_000;
  if (isUsedUp(headers) && reset > now) return reset;
  return now + DEFAULT_PAUSE_MS;
}

export function isUsedUp(headers: Headers): boolean {
  return String(headers['x-ratelimit-remaining'] ?? '') === '0';
}

/** REST and GraphQL are counted apart. */
function familyOf(url: string): string {
  return url.endsWith('/graphql') ? 'graphql' : 'core';
}
