import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseBranchRef, parseDirtyPaths, readLocalRepository } from './local-repository.ts';

/** Creates a repository with one commit on `main` and returns a function that runs git there. */
async function createRepository() {
  const folder = await mkdtemp(join(tmpdir(), 'local-repository-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
      env: { PATH: process.env.PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: '1' },
      encoding: 'utf8',
    }).trim();
  git('init', '--quiet', '--initial-branch=main');
  git('commit', '--quiet', '--allow-empty', '-m', 'first');
  return { folder, git, env: { PATH: process.env.PATH, HOME: folder } };
}

test('readLocalRepository names the current branch although a tag has the same name', async () => {
  const { folder, git, env } = await createRepository();
  git('tag', 'main');
  git('commit', '--quiet', '--allow-empty', '-m', 'second');
  const head = git('rev-parse', 'HEAD');

  expect(await readLocalRepository(folder, undefined, env)).toMatchObject({
    branch: 'main',
    sha: head,
  });
  expect((await readLocalRepository(folder, 'main', env)).sha).toBe(head);
});

test('readLocalRepository reports a detached HEAD while HEAD names a reference outside the branches', async () => {
  const { folder, git, env } = await createRepository();
  git('update-ref', 'refs/other/main', 'HEAD');
  git('symbolic-ref', 'HEAD', 'refs/other/main');

  await expect(readLocalRepository(folder, undefined, env)).rejects.toThrow('is detached');
});

test.each([
  ['refs/heads/main', 'main'],
  ['refs/heads/heads/main', 'heads/main'],
  ['refs/tags/main', undefined],
  [undefined, undefined],
])('parseBranchRef(%s) returns %s', (ref, branch) => {
  expect(parseBranchRef(ref)).toBe(branch);
});

test('parseDirtyPaths keeps spaces and quotes in paths and returns the new path of a rename', () => {
  const status = ' M src/a file.ts\0?? new "one".ts\0R  to.ts\0from.ts\0D  gone.ts\0';

  expect(parseDirtyPaths(status)).toEqual(['src/a file.ts', 'new "one".ts', 'to.ts', 'gone.ts']);
});

test('parseDirtyPaths returns no path for a clean work tree', () => {
  expect(parseDirtyPaths('')).toEqual([]);
});
