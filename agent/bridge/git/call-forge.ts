import { backoffMs } from '../../../core/base/backoff.ts';
import { delayUnlessAborted } from '../host/delay.ts';
import { isFetchOnDemandError, isRetryableForgeError, toForgeFailure } from './forge-failure.ts';
import type { Git, GitCredential } from './git.ts';

// Git commands that talk to the forge, with retries after temporary failures.

/** Access of one attempt to the forge. */ export type ForgeAccess = {
  /** Returns a credential that is valid for the next minutes. */
  readonly getCredential: () => Promise<GitCredential>;
  readonly signal: AbortSignal;
};

/** Retry time while a failure loses no work, milliseconds: at the start, and for a checkpoint. */
export const SHORT_PATIENCE_MS = 20_000;
/** Retry time while a failure loses the work of the agent, milliseconds. */
export const LONG_PATIENCE_MS = 10 * 60_000;

const RETRY_BACKOFF = { firstMs: 300, maxMs: 20_000 };

/** Operation on the forge. */
export type ForgeCall = {
  /** Name of the operation, for error messages. */
  readonly action: string;
  /** Time after which no new try starts, milliseconds. */
  readonly patienceMs: number;
};

/**
 * Runs `work` with a credential and retries temporary failures within `patienceMs`. Throws an AttemptFailure for a failure of
 * the forge, and any other error unchanged.
 */
export async function callForge<T>(
  access: ForgeAccess,
  { action, patienceMs }: ForgeCall,
  work: (credential: GitCredential) => Promise<T>,
): Promise<T> {
  const giveUpAt = performance.now() + patienceMs;
  for (let tries = 1; ; tries += 1) {
    try {
      return await work(await access.getCredential());
    } catch (error) {
      const waitMs = backoffMs(tries, RETRY_BACKOFF);
      const isLast = performance.now() + waitMs > giveUpAt;
      if (isLast || !isRetryableForgeError(error)) throw toForgeFailure(error, action, Date.now());
      await delayUnlessAborted(waitMs, access.signal);
    }
  }
}

/** Wraps git for a partial repository: git fetches missing contents on demand and needs the credential for each command. */
export function createFetchingGit(git: Git, access: ForgeAccess): Git {
  const call = { action: 'fetch missing contents', patienceMs: LONG_PATIENCE_MS };
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
