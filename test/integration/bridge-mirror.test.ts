import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { mirrorName, refreshMirror } from '../../agent/bridge/mirror.ts';
import { ProcessTable } from '../../agent/bridge/process.ts';
import { ROOT_BRANCH, SECRETS, type Stage, setStage } from '../support/bridge-stage.ts';
import { git } from '../support/git.ts';

let stage: Stage;
const processes = new ProcessTable('mirror-test');
afterEach(() => stage.close());

function options() {
  return {
    processes,
    mirrorDir: join(stage.root, 'mirrors'),
    cloneUrl: stage.remote.url,
    branch: ROOT_BRANCH,
    partial: false,
    credential: async () => ({ username: 'x-access-token', password: SECRETS.git }),
    signal: new AbortController().signal,
  };
}

function mirror(): string {
  return join(stage.root, 'mirrors', mirrorName(stage.remote.url, false));
}

test('attempts that start together fill one mirror, one after the other', async () => {
  stage = await setStage({ 'a.txt': 'a\n' });

  const all = await Promise.all([1, 2, 3, 4].map(() => refreshMirror(options())));

  expect(all).toEqual(Array.from({ length: 4 }, () => [join(mirror(), 'objects')]));
  expect(await git('/', ['--git-dir', mirror(), 'rev-parse', ROOT_BRANCH])).toBe(
    stage.assignment.repository.root,
  );
});

test('the lock of an attempt that died is broken', async () => {
  stage = await setStage({ 'a.txt': 'a\n' });
  await mkdir(join(stage.root, 'mirrors'));
  // No process has a number as high as this.
  await writeFile(`${mirror()}.lock`, '99999999');

  expect(await refreshMirror(options())).toHaveLength(1);
  expect(await git('/', ['--git-dir', mirror(), 'rev-parse', ROOT_BRANCH])).not.toBe('');
});

test('a forge that does not answer leaves the mirror as it is', async () => {
  stage = await setStage({ 'a.txt': 'a\n' });
  await refreshMirror(options());
  stage.remote.refuse = { status: 500, times: 1 };

  expect(await refreshMirror(options())).toHaveLength(1);
});
