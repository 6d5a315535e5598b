import { expect, test } from 'vitest';
import { createFetchingGit } from './call-forge.ts';
import type { Git, GitCredential } from './git.ts';
import { GitError } from './git.ts';

const CREDENTIAL: GitCredential = { username: 'x', password: 'y' };
const access = { credential: async () => CREDENTIAL, signal: new AbortController().signal };
const GIT_OUTPUT = { exitCode: 0, stdout: '', stderr: '' };

function createGitError(stderr: string): GitError {
  return new GitError(['read-tree'], { exitCode: 128, stderr });
}

test('a content that could not be fetched just now is fetched again', async () => {
  const passing = [
    createGitError(
      "fatal: unable to access 'http://forge/': The requested URL returned error: 503",
    ),
  ];
  const given: unknown[] = [];
  const git: Git = async (_args, options) => {
    given.push(options?.credential);
    const failure = passing.pop();
    if (failure) throw failure;
    return GIT_OUTPUT;
  };

  expect(await createFetchingGit(git, access)(['read-tree'])).toEqual(GIT_OUTPUT);
  expect(given).toEqual([CREDENTIAL, CREDENTIAL]);
});

test('a forge that refuses for good parks the attempt, and any other failure is what it is', async () => {
  const refused = createGitError(
    "fatal: unable to access 'http://forge/': The requested URL returned error: 401",
  );
  const full = createGitError('fatal: write error: No space left on device');

  const ask = (error: GitError) => createFetchingGit(() => Promise.reject(error), access)(['x']);

  await expect(ask(refused)).rejects.toMatchObject({ failureCause: 'forge' });
  await expect(ask(full)).rejects.toBe(full);
});
