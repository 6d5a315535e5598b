import { expect, test } from 'vitest';
import { createFetchingGit } from './call-forge.ts';
import type { Git, GitCredential } from './git.ts';
import { GitError } from './git.ts';

const CREDENTIAL: GitCredential = { username: 'x', password: 'y' };
const access = { getCredential: async () => CREDENTIAL, signal: new AbortController().signal };
const GIT_OUTPUT = { exitCode: 0, stdout: '', stderr: '' };

function createGitError(stderr: string): GitError {
  return new GitError(['read-tree'], { exitCode: 128, stderr });
}

test('after a temporary failure to fetch missing contents, git runs again with the credential', async () => {
  const failures = [
    createGitError(
      "fatal: unable to access 'http://forge/': The requested URL returned error: 503",
    ),
  ];
  const credentials: unknown[] = [];
  const git: Git = async (_args, options) => {
    credentials.push(options?.credential);
    const failure = failures.pop();
    if (failure) throw failure;
    return GIT_OUTPUT;
  };

  expect(await createFetchingGit(git, access)(['read-tree'])).toEqual(GIT_OUTPUT);
  expect(credentials).toEqual([CREDENTIAL, CREDENTIAL]);
});

test('a refused credential becomes an AttemptFailure with the cause forge, and an error unrelated to the forge stays unchanged', async () => {
  const refusal = createGitError(
    "fatal: unable to access 'http://forge/': The requested URL returned error: 401",
  );
  const fullDisk = createGitError('fatal: write error: No space left on device');

  const runFailing = (error: GitError) =>
    createFetchingGit(() => Promise.reject(error), access)(['x']);

  await expect(runFailing(refusal)).rejects.toMatchObject({ failureCause: 'forge' });
  await expect(runFailing(fullDisk)).rejects.toBe(fullDisk);
});
