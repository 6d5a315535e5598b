import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { getMirrorName, refreshMirror } from '../../../agent/bridge/git/refresh-mirror.ts';
import { ProcessTable } from '../../../agent/bridge/host/process-table.ts';
import type { BridgeFixture } from '../../support/bridge/bridge-fixture.ts';
import { ROOT_BRANCH, SECRETS, setUpBridgeFixture } from '../../support/bridge/bridge-fixture.ts';
import { runGit } from '../../support/workspace/git.ts';

let fixture: BridgeFixture;
const processes = new ProcessTable('mirror-test', process.env.PATH ?? '');
afterEach(() => fixture.close());

function createOptions() {
  return {
    processes,
    mirrorDir: join(fixture.directory, 'mirrors'),
    cloneUrl: fixture.remote.url,
    branch: ROOT_BRANCH,
    isPartial: false,
    getCredential: async () => ({ username: 'x-access-token', password: SECRETS.git }),
    signal: new AbortController().signal,
  };
}

function getMirrorPath(): string {
  return join(fixture.directory, 'mirrors', getMirrorName(fixture.remote.url, false));
}

test('attempts that start at the same time share one mirror', async () => {
  fixture = await setUpBridgeFixture({ 'a.txt': 'a\n' });

  const mirrors = await Promise.all([1, 2, 3, 4].map(() => refreshMirror(createOptions())));

  expect(mirrors).toEqual(Array.from({ length: 4 }, () => [join(getMirrorPath(), 'objects')]));
  expect(await runGit('/', ['--git-dir', getMirrorPath(), 'rev-parse', ROOT_BRANCH])).toBe(
    fixture.assignment.repository.root,
  );
});

test('the lock of a dead process is removed', async () => {
  fixture = await setUpBridgeFixture({ 'a.txt': 'a\n' });
  await mkdir(join(fixture.directory, 'mirrors'));
  // No process can have this id, because the id is above the limit of the system.
  await writeFile(`${getMirrorPath()}.lock`, '99999999');

  expect(await refreshMirror(createOptions())).toHaveLength(1);
  expect(await runGit('/', ['--git-dir', getMirrorPath(), 'rev-parse', ROOT_BRANCH])).not.toBe('');
});

test('after a failed fetch the existing mirror is used', async () => {
  fixture = await setUpBridgeFixture({ 'a.txt': 'a\n' });
  await refreshMirror(createOptions());
  fixture.remote.refusal = { status: 500, times: 1 };

  expect(await refreshMirror(createOptions())).toHaveLength(1);
});
