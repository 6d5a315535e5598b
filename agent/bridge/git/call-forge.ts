import { backoffMs } from '../../../core/base/backoff.ts';
import { delayUnlessAborted } from '../host/delay.ts';
import { isFetchOnDemandError, isRetryableForgeError, toForgeFailure } from './forge-failure.ts';
import type { Git, GitCredential } from './git.ts';

// Git commands that talk to the forge, with retries after temporary failures.

/** Access of one attempt to the forge. */
export type ForgeAccess = {
  /** Returns a credential that is valid for at least five minutes. */
  readonly getCredential: () => Promise<GitCredential>;
  readonly signal: AbortSignal;
};

/** Retry period for operations whose failure loses no work (the first fetch, a checkpoint), milliseconds. */
export const SHORT_RETRY_PERIOD_MS = 20_000;
/** Retry period for operations whose failure loses work of the agent, milliseconds. */
export const LONG_RETRY_PERIOD_MS = 10 * 60_000;

const RETRY_BACKOFF = { firstMs: 300, maxMs: 20_000 };

/** Name and retry period of an operation on the forge. */
export type ForgeCall = {
  /** Verb for error messages, such as `push` in "git could not push". */
  readonly action: string;
  /** Time after the first try within which another try may start, milliseconds. */
  readonly retryPeriodMs: number;
};

/**
 * Runs `work` with a credential, and retries temporary failures within `retryPeriodMs`. Converts the GitError of the last try into an
 * AttemptFailure; throws any other error unchanged.
 */
export async function callForge<T>(
  access: ForgeAccess,
  { action, retryPeriodMs }: ForgeCall,
  work: (credential: GitCredential) => Promise<T>,
): Promise<T> {
  const giveUpAt = performance.now() + retryPeriodMs;
  for (let tries = 1; ; tries += 1) {
    try {
      return await work(await access.getCredential());
    } catch (error) {
      const waitMs = backoffMs(tries, RETRY_BACKOFF);
      const isLastTry = performance.now() + waitMs > giveUpAt;
      if (isLastTry || !isRetryableForgeError(error))
        throw toForgeFailure(error, action, Date.now());
      await delayUnlessAborted(waitMs, access.signal);
    }
  }
}

/** Wraps git for a partial repository. Every command gets the credential, because any command may fetch missing contents. */
export function createFetchingGit(git: Git, access: ForgeAccess): Git {
  const call = { action: 'fetch missing contents', retryPeriodMs: LONG_RETRY_PERIOD_MS };
  return async (args, options = {}) => {
    const run = (credential: GitCredential) => git(args, { ...options, credential });
    try {
      return await run(await access.getCredential());
    } catch (error) {
      if (!isFetchOnDemandError(error)) throw error;
    }
    return callForge(access, call, run);
  };
}
