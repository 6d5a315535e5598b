import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { getMirrorName, refreshMirror } from '../../../agent/bridge/git/refresh-mirror.ts';
import { ProcessTable } from '../../../agent/bridge/host/process-table.ts';
import type { BridgeStage } from '../../support/bridge/bridge-stage.ts';
import { ROOT_BRANCH, SECRETS, setUpBridgeStage } from '../../support/bridge/bridge-stage.ts';
import { runGit } from '../../support/workspace/git.ts';

let stage: BridgeStage;
const processes = new ProcessTable('mirror-test', process.env.PATH ?? '');
afterEach(() => stage.close());

function createOptions() {
  return {
    processes,
    mirrorDir: join(stage.root, 'mirrors'),
    cloneUrl: stage.remote.url,
    branch: ROOT_BRANCH,
    isPartial: false,
    getCredential: async () => ({ username: 'x-access-token', password: SECRETS.git }),
    signal: new AbortController().signal,
  };
}

function getMirrorPath(): string {
  return join(stage.root, 'mirrors', getMirrorName(stage.remote.url, false));
}

test('attempts that start at the same time share one mirror', async () => {
  stage = await setUpBridgeStage({ 'a.txt': 'a\n' });

  const mirrors = await Promise.all([1, 2, 3, 4].map(() => refreshMirror(createOptions())));

  expect(mirrors).toEqual(Array.from({ length: 4 }, () => [join(getMirrorPath(), 'objects')]));
  expect(await runGit('/', ['--git-dir', getMirrorPath(), 'rev-parse', ROOT_BRANCH])).toBe(
    stage.assignment.repository.root,
  );
});

test('the lock of a dead attempt is removed', async () => {
  stage = await setUpBridgeStage({ 'a.txt': 'a\n' });
  await mkdir(join(stage.root, 'mirrors'));
  // The pid is above the limit of the system, so no process has the pid.
  await writeFile(`${getMirrorPath()}.lock`, '99999999');

  expect(await refreshMirror(createOptions())).toHaveLength(1);
  expect(await runGit('/', ['--git-dir', getMirrorPath(), 'rev-parse', ROOT_BRANCH])).not.toBe('');
});

test('a failed fetch keeps the existing mirror', async () => {
  stage = await setUpBridgeStage({ 'a.txt': 'a\n' });
  await refreshMirror(createOptions());
  stage.remote.refuse = { status: 500, times: 1 };

  expect(await refreshMirror(createOptions())).toHaveLength(1);
});
