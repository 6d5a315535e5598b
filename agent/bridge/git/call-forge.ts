import { delayUnlessAborted } from '../control/send-callback.ts';
import { isFetchOnDemandError, isRetryableForgeError, toForgeFailure } from './forge-failure.ts';
import type { Git, GitCredential } from './git.ts';

// Talking with the forge, with patience: passing trouble is sat out.

export type ForgeAccess = {
  readonly credential: () => Promise<GitCredential>;
  readonly signal: AbortSignal;
};

/** At the start little is lost by giving up; later the agent's work is. Milliseconds. */
export const SHORT_PATIENCE_MS = 20_000;
export const LONG_PATIENCE_MS = 10 * 60_000;

export type ForgeCall = { readonly doing: string; readonly patienceMs: number };

/** Does `work` until it succeeds, fails for good or patience ends; then says what its failure means for the attempt. */
export async function callForge<T>(
  access: ForgeAccess,
  { doing, patienceMs }: ForgeCall,
  work: (credential: GitCredential) => Promise<T>,
): Promise<T> {
  const until = performance.now() + patienceMs;
  for (let n = 1; ; n += 1) {
    try {
      return await work(await access.credential());
    } catch (error) {
      const waitMs = Math.min(20_000, 300 * 2 ** (n - 1));
      const isLast = performance.now() + waitMs > until;
      if (isLast || !isRetryableForgeError(error)) throw toForgeFailure(error, doing, Date.now());
      await delayUnlessAborted(waitMs, access.signal);
    }
  }
}

/** A git for a partial repository: what it lacks it fetches by itself, so it is given the credential. */
export function createFetchingGit(git: Git, access: ForgeAccess): Git {
  const talk = { doing: 'fetch what is needed', patienceMs: LONG_PATIENCE_MS };
  return async (args, options = {}) => {
    const run = (credential: GitCredential) => git(args, { ...options, credential });
    try {
      return await run(await access.credential());
    } catch (error) {
      // Any other failure has nothing to do with the forge.
      if (!isFetchOnDemandError(error)) throw error;
    }
    return callForge(access, talk, run);
  };
}
