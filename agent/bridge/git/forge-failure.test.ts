import { expect, test } from 'vitest';
import { AttemptFailure } from '../attempt-error.ts';
import { isRetryableForgeError, toForgeFailure, toRepositoryFailure } from './forge-failure.ts';
import { GitError } from './git.ts';

function createPushError(stderr: string): GitError {
  return new GitError(['push'], { exitCode: 1, stderr });
}

const NOW = 1_000;

test.each([
  ['fatal: unable to access: The requested URL returned error: 503', 60_000],
  ['fatal: unable to access: Failed to connect to localhost', 60_000],
  ['fatal: unable to access: The requested URL returned error: 429', 300_000],
  ['fatal: Authentication failed for http://x', 60_000],
  ['remote: You have exceeded a secondary rate limit. error: 403', 300_000],
])('the git error "%s" has the cause forge and parks the task for %i ms', (stderr, parkMs) => {
  const failure = toForgeFailure(createPushError(stderr), 'push', NOW);

  if (!(failure instanceof AttemptFailure)) throw new Error('not an AttemptFailure');
  expect(failure.failureCause).toBe('forge');
  expect(failure.details.until).toBe(NOW + parkMs);
});

test.each([
  [' ! [remote rejected] a -> b (pre-receive hook declined)', 'agent'],
  ['remote: Repository not found. fatal: repository http://x not found', 'repository'],
  ['fatal: unable to access: The requested URL returned error: 403', 'repository'],
  ["fatal: couldn't find remote ref refs/heads/root", 'repository'],
  ['fatal: unable to access: SSL handshake failed', 'infra'],
  [' ! [remote rejected] a -> b (cannot lock ref)', 'infra'],
  [' ! [rejected] a -> b (fetch first)', 'infra'],
])('the git error "%s" has the cause %s and does not park the task', (stderr, failureCause) => {
  const failure = toForgeFailure(createPushError(stderr), 'push', NOW);

  if (!(failure instanceof AttemptFailure)) throw new Error('not an AttemptFailure');
  expect(failure.failureCause).toBe(failureCause);
  expect(failure.details.until).toBeUndefined();
});

test.each([
  'fatal: unable to access: The requested URL returned error: 503',
  'fatal: unable to access: Failed to connect to localhost',
  'fatal: unable to access: The requested URL returned error: 429',
  'remote: You have exceeded a secondary rate limit. error: 403',
  ' ! [remote rejected] a -> b (cannot lock ref)',
])('the git error "%s" is retried', (stderr) => {
  expect(isRetryableForgeError(createPushError(stderr))).toBe(true);
});

test.each([
  'fatal: Authentication failed for http://x',
  ' ! [remote rejected] a -> b (pre-receive hook declined)',
  'remote: Repository not found. fatal: repository http://x not found',
  'fatal: unable to access: The requested URL returned error: 403',
  "fatal: couldn't find remote ref refs/heads/root",
  ' ! [rejected] a -> b (fetch first)',
])('the git error "%s" is not retried', (stderr) => {
  expect(isRetryableForgeError(createPushError(stderr))).toBe(false);
});

test.each([
  'fatal: Needed a single revision',
  'error: invalid path "a/.git/config"',
  'fatal: unable to read tree 1234',
])('the git error "%s" on local files has the cause repository', (stderr) => {
  const failure = toRepositoryFailure(new GitError(['rev-parse'], { exitCode: 128, stderr }));

  if (!(failure instanceof AttemptFailure)) throw new Error('not an AttemptFailure');
  expect(failure.failureCause).toBe('repository');
  expect(failure.message).toContain(stderr);
});

test.each([
  [128, 'fatal: write error: No space left on device'],
  [128, "fatal: Unable to create 'index.lock': File exists."],
  [128, 'fatal: not a git repository: /work/git'],
  [null, ''],
])('exit code %s with the git error "%s" does not concern the repository', (exitCode, stderr) => {
  const error = new GitError(['read-tree'], { exitCode, stderr });

  expect(toRepositoryFailure(error)).toBe(error);
});
