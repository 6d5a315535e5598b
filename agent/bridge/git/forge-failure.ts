import { AttemptFailure } from '../attempt-error.ts';
import { GitError } from './git.ts';

// Classifies failures of git commands.

/** Matches errors of a forge that is unreachable, overloaded or limiting the request rate. Requests of other attempts then fail as well. */
const FORGE_UNAVAILABLE =
  /error: (?:5\d\d|429)|Could not resolve|Failed to connect|timed out|early EOF|unexpected disconnect|Connection reset|RPC failed|Empty reply|rate limit/i;
/** Matches errors of a push that collides with another push to the same reference. */
const REF_LOCK_CONTENDED = /cannot lock ref|failed to update ref/i;
/** Matches errors of an invalid credential, which an administrator must renew. */
const AUTHENTICATION_FAILED = /error: 401|Authentication failed|could not read Username/i;

/** Matches errors of a forge that does not have the repository, the branch or the commit, or does not give access. */
const MISSING_ON_FORGE =
  /repository .*not found|does not appear to be a git repository|couldn't find remote ref|not our ref|error: (?:403|404)|shallow/i;
/** Matches errors of the machine, of a concurrent process or of the agent, which another attempt may not have. */
const MACHINE_FAULT =
  /No space left|Disk quota|Cannot allocate memory|out of memory|Resource temporarily unavailable|Too many open files|Input\/output error|Read-only file system|Permission denied|File exists|unable to create thread|cannot fork|died of signal|not a git repository|unable to access|remote end hung up/i;

/** Time for which a failure of the forge parks the task, milliseconds. */
const RATE_LIMIT_PARK_MS = 5 * 60_000;
const UNAVAILABLE_PARK_MS = 60_000;

/** Returns whether a retry after a short wait may succeed. */
export function isRetryableForgeError(error: unknown): boolean {
  if (!(error instanceof GitError)) return false;
  return FORGE_UNAVAILABLE.test(error.stderr) || REF_LOCK_CONTENDED.test(error.stderr);
}

/** Returns whether git failed because it could not fetch missing contents of a partial repository. */
export function isFetchOnDemandError(error: unknown): boolean {
  return (
    error instanceof GitError &&
    /promisor remote|unable to access 'http|RPC failed/.test(error.stderr)
  );
}

/** Converts the error of a git command on local files into an AttemptFailure; returns any other error unchanged. */
export function toRepositoryFailure(error: unknown): unknown {
  if (!(error instanceof GitError) || !error.hasExited) return error;
  if (MACHINE_FAULT.test(error.stderr) || isRetryableForgeError(error)) return error;
  const message = `git cannot work with this repository: ${takeLastLines(error.stderr)}`;
  return new AttemptFailure('repository', message, { cause: error });
}

/**
 * Converts a GitError into an AttemptFailure; returns any other error unchanged.
 *
 * @param action verb for the message, such as `push` in "git could not push"
 * @param now epoch milliseconds
 */
export function toForgeFailure(error: unknown, action: string, now: number): unknown {
  if (!(error instanceof GitError)) return error;
  const { stderr } = error;
  const message = `git could not ${action}: ${takeLastLines(stderr)}`;
  // The forge rejected the pushed commits because of a rule about file size, secrets or branch protection.
  const isRuleViolation = /\[remote rejected\]/.test(stderr) && !isRetryableForgeError(error);
  if (isRuleViolation) return new AttemptFailure('agent', message, { cause: error });
  // A problem of this repository alone (deleted, no access, no branch) must not park tasks of other repositories.
  if (!FORGE_UNAVAILABLE.test(stderr) && !AUTHENTICATION_FAILED.test(stderr)) {
    const isPermanent = MISSING_ON_FORGE.test(stderr) && !isRetryableForgeError(error);
    return new AttemptFailure(isPermanent ? 'repository' : 'infra', message, { cause: error });
  }
  const isRateLimited = /error: 429|rate limit/i.test(stderr);
  const until = now + (isRateLimited ? RATE_LIMIT_PARK_MS : UNAVAILABLE_PARK_MS);
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
      .slice(0, 600) || 'git printed no error message'
  );
}
