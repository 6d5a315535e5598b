import { expect, test } from 'vitest';
import { AttemptFailure } from '../attempt-error.ts';
import { isRetryableForgeError, toForgeFailure } from './forge-failure.ts';
import { GitError } from './git.ts';

test.each([
  ['fatal: unable to access: The requested URL returned error: 503', true, 'forge', 60_000],
  ['fatal: unable to access: Failed to connect to localhost', true, 'forge', 60_000],
  ['fatal: unable to access: The requested URL returned error: 429', true, 'forge', 300_000],
  ['fatal: Authentication failed for http://x', false, 'forge', 60_000],
  [' ! [remote rejected] a -> b (pre-receive hook declined)', false, 'agent', undefined],
  ['remote: Repository not found. fatal: repository http://x not found', false, 'infra', undefined],
  ['fatal: unable to access: The requested URL returned error: 403', false, 'infra', undefined],
  ['remote: You have exceeded a secondary rate limit. error: 403', true, 'forge', 300_000],
  ["fatal: couldn't find remote ref refs/heads/root", false, 'infra', undefined],
  [' ! [remote rejected] a -> b (cannot lock ref)', true, 'infra', undefined],
  [' ! [rejected] a -> b (fetch first)', false, 'infra', undefined],
])(
  'the git error %j: retryable %s, cause %s, pause %s ms',
  (stderr, isRetryable, failureCause, pauseMs) => {
    const error = new GitError(['push'], { exitCode: 1, stderr });

    const failure = toForgeFailure(error, 'push', 1_000);

    expect(isRetryableForgeError(error)).toBe(isRetryable);
    if (!(failure instanceof AttemptFailure)) throw new Error('not an AttemptFailure');
    expect(failure.failureCause).toBe(failureCause);
    expect(failure.details.until).toBe(pauseMs === undefined ? undefined : 1_000 + pauseMs);
  },
);
