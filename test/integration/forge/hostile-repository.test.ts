import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestForge } from '../../support/forge/test-forge.ts';
import { ADMIN_TOKEN, startTestForge } from '../../support/forge/test-forge.ts';
import {
  commitFiles,
  createTokenEnv,
  initRepository,
  makeTemporaryDirectory,
  pushWithToken,
  runGit,
} from '../../support/workspace/git.ts';

// A linked repository may come from an archive of a stranger. Its settings must neither run a program nor change what the forge serves.

const REPO = 'local/hostile';

let testForge: TestForge;
let directory: Awaited<ReturnType<typeof makeTemporaryDirectory>>;
let linked: string;

beforeAll(async () => {
  testForge = await startTestForge();
  directory = await makeTemporaryDirectory('smol-gang-hostile');
  const source = join(directory.path, 'source');
  await initRepository(source);
  await commitFiles(source, { 'a.txt': 'a\n' });
  linked = join(directory.path, 'linked');
  await runGit(directory.path, ['clone', '--quiet', '--shared', source, linked]);
  await plantSettings();
  await testForge.controlForge('POST', '/repositories', { name: REPO, path: linked });
});
afterAll(async () => {
  await testForge.close();
  await directory.remove();
});

/** Writes every setting that names a program, and settings that hide or refuse branches. */
async function plantSettings(): Promise<void> {
  const marker = (name: string) => `touch '${directory.path}/ran-${name}'; true`;
  const programs = {
    'core.alternateRefsCommand': marker('alternate'),
    'core.fsmonitor': marker('fsmonitor'),
    'core.sshCommand': marker('ssh'),
    'core.pager': marker('pager'),
    'core.editor': marker('editor'),
    'core.askPass': marker('ask'),
    'credential.helper': `!${marker('credential')}`,
    'gpg.program': marker('gpg'),
    'commit.gpgSign': 'true',
    'merge.evil.driver': marker('merge'),
    'diff.evil.command': marker('diff'),
    'diff.evil.textconv': marker('textconv'),
    'diff.external': marker('external'),
    'filter.evil.clean': marker('clean'),
    'filter.evil.smudge': marker('smudge'),
    'uploadpack.packObjectsHook': marker('pack'),
    'transfer.hideRefs': 'refs/heads',
    'uploadpack.hideRefs': 'refs/heads',
    'receive.hideRefs': 'refs/heads',
    'receive.denyDeletes': 'true',
    'http.uploadpack': 'false',
  };
  for (const [name, value] of Object.entries(programs))
    await runGit(linked, ['config', name, value]);
  const attributes = '* merge=evil diff=evil filter=evil\n';
  await writeFile(join(linked, '.git/info/attributes'), attributes);
  const hooks = join(linked, '.git/hooks');
  await mkdir(hooks, { recursive: true });
  for (const hook of ['pre-receive', 'update', 'post-receive', 'post-update', 'proc-receive'])
    await writeFile(join(hooks, hook), `#!/bin/sh\n${marker(hook)}\n`, { mode: 0o755 });
}

test('no program of a linked repository runs, and its settings hide and refuse no branch', async () => {
  const { forge, server } = testForge;
  const url = `${server.url}/${REPO}.git`;
  const clone = join(directory.path, 'clone');
  const main = await forge.readBranchHead(REPO, 'main');
  if (main === undefined) throw new Error('the linked repository has no branch main');
  await runGit(directory.path, ['clone', '--quiet', url, clone], createTokenEnv(ADMIN_TOKEN));
  const ours = await commitFiles(clone, { 'a.txt': 'ours\n', 'b.txt': 'b\n' });
  await pushWithToken(clone, url, ADMIN_TOKEN, 'HEAD:refs/heads/work/ours');
  await runGit(clone, ['checkout', '--quiet', '--detach', main]);
  await commitFiles(clone, { 'c.txt': 'c\n' });
  await pushWithToken(clone, url, ADMIN_TOKEN, 'HEAD:refs/heads/work/base');
  await commitFiles(clone, { 'a.txt': 'theirs\n' });
  await pushWithToken(clone, url, ADMIN_TOKEN, 'HEAD:refs/heads/work/theirs');

  const openPull = (head: string, base: string) =>
    forge.ensurePull(REPO, { head, base, title: 'x', body: '', draft: false, labels: [] });
  const conflicting = await openPull('work/ours', 'work/theirs');
  expect((await forge.readPull(REPO, conflicting.number)).isMergeable).toBe(false);
  const pull = await openPull('work/ours', 'work/base');
  await forge.readPull(REPO, pull.number);
  const merge = { sha: ours, title: 'Merge', message: '', method: 'merge' } as const;
  expect(await forge.mergePull(REPO, pull.number, merge)).toMatchObject({ kind: 'merged' });
  expect((await fetch(conflicting.url)).status).toBe(200);
  await pushWithToken(clone, url, ADMIN_TOKEN, ':refs/heads/work/theirs');

  expect(await forge.readBranchHead(REPO, 'work/theirs')).toBeUndefined();
  const ran = (await readdir(directory.path)).filter((name) => name.startsWith('ran-'));
  expect(ran).toEqual([]);
});

test('a push to a name outside the folder of branches deletes no lock file', async () => {
  const lockFile = join(linked, 'yarn.lock');
  await writeFile(lockFile, 'lock\n');
  await utimes(lockFile, new Date(0), new Date(0));
  const branch = 'refs/heads/../../../yarn';
  const zero = '0'.repeat(40);
  const command = `${zero} ${'1'.repeat(40)} ${branch}\0 report-status`;
  const line = (command.length + 4).toString(16).padStart(4, '0') + command;

  const answer = await fetch(`${testForge.server.url}/${REPO}.git/git-receive-pack`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`x-access-token:${ADMIN_TOKEN}`).toString('base64')}`,
      'content-type': 'application/x-git-receive-pack-request',
    },
    body: `${line}0000`,
  });

  expect(await answer.text()).toContain('does not accept this branch name');
  expect((await stat(lockFile)).isFile()).toBe(true);
});
