import { AttemptFailure } from '../attempt-error.ts';
import { GitError } from './git.ts';

// What a failed talk with the forge means.

/** The forge is away, or wants to be left alone: whoever asks it next is told the same. */
const FORGE_UNAVAILABLE =
  /error: (?:5\d\d|429)|Could not resolve|Failed to connect|timed out|early EOF|unexpected disconnect|Connection reset|RPC failed|Empty reply|rate limit/i;
/** Somebody else writes to the same repository. */
const REF_LOCK_CONTENDED = /cannot lock ref|failed to update ref/i;
/** Our credential is not good any more, until somebody renews it. */
const AUTHENTICATION_FAILED = /error: 401|Authentication failed|could not read Username/i;

/** Whether asking the forge again soon may help. */
export function isRetryableForgeError(error: unknown): boolean {
  if (!(error instanceof GitError)) return false;
  return FORGE_UNAVAILABLE.test(error.stderr) || REF_LOCK_CONTENDED.test(error.stderr);
}

/** Whether git failed because it could not fetch what a partial repository lacks. */
export function isFetchOnDemandError(error: unknown): boolean {
  return (
    error instanceof GitError &&
    /promisor remote|unable to access 'http|RPC failed/.test(error.stderr)
  );
}

/** For the attempt. `now` in epoch milliseconds. */
export function toForgeFailure(error: unknown, doing: string, now: number): unknown {
  if (!(error instanceof GitError)) return error;
  const { stderr } = error;
  const message = `${doing}: ${takeLastLines(stderr)}`;
  // A rule of the forge about what is pushed (size, secrets, protection), which the work itself broke.
  const brokeRule = /\[remote rejected\]/.test(stderr) && !isRetryableForgeError(error);
  if (brokeRule) return new AttemptFailure('agent', message, { cause: error });
  // What is this repository's own trouble (it is gone, closed to us, lacks the branch) must not hold up others.
  if (!FORGE_UNAVAILABLE.test(stderr) && !AUTHENTICATION_FAILED.test(stderr))
    return new AttemptFailure('infra', message, { cause: error });
  const isLimited = /error: 429|rate limit/i.test(stderr);
  const until = now + (isLimited ? 5 * 60_000 : 60_000);
  return new AttemptFailure('forge', message, { until, cause: error });
}

function takeLastLines(text: string): string {
  return (
    text
      .trim()
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-3)
      .join(' ')
      .slice(0, 600) || 'git said nothing'
  );
}
