import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestForge } from '../../support/forge/test-forge.ts';
import { ADMIN_TOKEN, startTestForge } from '../../support/forge/test-forge.ts';
import {
  commitFiles,
  initRepository,
  makeTemporaryDirectory,
  pushWithToken,
  runGit,
} from '../../support/workspace/git.ts';

const REPO = 'local/mine';
const METHOD = { title: 'Merge', message: '', method: 'merge' } as const;

let t: TestForge;
let directory: Awaited<ReturnType<typeof makeTemporaryDirectory>>;
let mine: string;
let main: string;

beforeAll(async () => {
  t = await startTestForge();
  directory = await makeTemporaryDirectory('smol-gang-link');
  mine = join(directory.path, 'mine');
  await initRepository(mine);
  main = await commitFiles(mine, { 'a.txt': 'a\n' });
  const hooks = join(mine, '.git/hooks');
  await mkdir(hooks, { recursive: true });
  for (const hook of ['pre-receive', 'update', 'post-receive', 'reference-transaction']) {
    const script = `#!/bin/sh\ntouch ${directory.path}/hook-ran\nexit 1\n`;
    await writeFile(join(hooks, hook), script, { mode: 0o755 });
  }
  await writeFile(join(mine, 'a.txt'), 'dirty\n');
});
afterAll(async () => {
  await t.close();
  await directory.remove();
});

function url(): string {
  return `${t.server.url}/${REPO}.git`;
}

async function readWorkTreeState(): Promise<string> {
  const [status, head, index] = await Promise.all([
    runGit(mine, ['status', '--porcelain=v2', '--branch']),
    readFile(join(mine, '.git/HEAD'), 'utf8'),
    stat(join(mine, '.git/index')),
  ]);
  return `${status}\n${head}\n${index.size}`;
}

test('linking a work tree in place may be repeated, and returns branch and head', async () => {
  const first = await t.controlForge('POST', '/repositories', { name: REPO, path: mine });
  const again = await t.controlForge('POST', '/repositories', { name: REPO, path: mine });

  expect(first).toMatchObject({
    status: 201,
    body: { name: REPO, defaultBranch: 'main', head: main, linked: true },
  });
  expect(again.body).toEqual(first.body);
  expect(await t.forge.readBranchHead(REPO, 'main')).toBe(main);
});

test.each([
  ['/nowhere/at/all', 'does not exist'],
  ['relative/path', 'not an absolute path'],
  ['/', 'not a git repository'],
])('linking %s is refused', async (path, reason) => {
  const { status, body } = await t.controlForge('POST', '/repositories', { name: 'local/x', path });

  expect(status).toBe(422);
  expect(JSON.stringify(body)).toContain(reason);
});

test.each(['../x', 'a/../b', 'api/x', '_forge/x', 'a', 'a/b/c', 'a/.git', 'a/b.git'])(
  'the repository name %s is refused',
  async (name) => {
    expect((await t.controlForge('POST', '/repositories', { name })).status).toBe(422);
  },
);

test('linking a repository by the name of another repository is a conflict', async () => {
  const other = join(directory.path, 'other');
  await initRepository(other);
  await commitFiles(other, { 'b.txt': 'b' });

  expect(await t.controlForge('POST', '/repositories', { name: REPO, path: other })).toMatchObject({
    status: 409,
  });
});

test('pushes and merges create branches, and leave work tree, index and checked-out branch alone', async () => {
  const before = await readWorkTreeState();
  const clone = join(directory.path, 'clone');
  await runGit(directory.path, ['clone', '--quiet', mine, clone]);
  const commit = await commitFiles(clone, { 'b.txt': 'b\n' });

  await pushWithToken(clone, url(), ADMIN_TOKEN, 'HEAD:refs/heads/smol-gang/task');
  await t.forge.ensureBranch(REPO, 'smol-gang/root', main);
  const wanted = { head: 'smol-gang/task', base: 'smol-gang/root', title: 'x', body: '' };
  const pull = await t.forge.ensurePull(REPO, { ...wanted, draft: false, labels: [] });
  await t.forge.readPull(REPO, pull.number);
  const outcome = await t.forge.mergePull(REPO, pull.number, { sha: commit, ...METHOD });

  expect(outcome.kind).toBe('merged');
  expect(await runGit(mine, ['rev-parse', 'smol-gang/root'])).toBe(
    (await t.forge.readPull(REPO, pull.number)).mergeSha,
  );
  expect(await readWorkTreeState()).toBe(before);
  await expect(stat(join(directory.path, 'hook-ran'))).rejects.toThrow();
});

test('a checked-out branch is never written, also in an added work tree', async () => {
  const added = join(directory.path, 'added');
  await runGit(mine, [
    '-c',
    'core.hooksPath=/dev/null',
    'worktree',
    'add',
    '-q',
    '-b',
    'side',
    added,
  ]);
  const clone = join(directory.path, 'clone');
  const commit = await runGit(clone, ['rev-parse', 'HEAD']);
  const before = await readWorkTreeState();

  for (const branch of ['main', 'side']) {
    const push = pushWithToken(clone, url(), ADMIN_TOKEN, `HEAD:refs/heads/${branch}`);
    await expect(push).rejects.toThrow(/checked out/);
    const refused = { kind: 'refused', code: 'rule' };
    await expect(t.forge.moveBranch(REPO, branch, commit)).rejects.toMatchObject(refused);
    await expect(t.forge.deleteBranch(REPO, branch)).rejects.toMatchObject(refused);
  }
  const wanted = { head: 'smol-gang/root', base: 'main', title: 'x', body: '' };
  const pull = await t.forge.ensurePull(REPO, { ...wanted, draft: false, labels: [] });
  await t.forge.readPull(REPO, pull.number);
  const merge = { sha: pull.headSha, ...METHOD };
  expect(await t.forge.mergePull(REPO, pull.number, merge)).toMatchObject({
    kind: 'notMergeable',
    message: expect.stringContaining('checked out'),
  });

  expect(await readWorkTreeState()).toBe(before);
});

test('the forge sees branches and merges that a person makes with git', async () => {
  await runGit(mine, ['config', 'core.hooksPath', '/dev/null']);
  await runGit(mine, ['branch', 'by-hand', main]);
  expect(await t.forge.readBranchHead(REPO, 'by-hand')).toBe(main);
  await runGit(mine, ['stash', '--quiet']);
  await runGit(mine, ['merge', '--quiet', '--no-edit', 'smol-gang/root']);

  const pull = await t.forge.findPull(REPO, { head: 'smol-gang/root', base: 'main', labels: [] });

  expect(pull).toMatchObject({
    state: 'merged',
    mergeSha: await runGit(mine, ['rev-parse', 'main']),
  });
});

test('unlinking leaves the repository on disk', async () => {
  const { status } = await t.controlForge('DELETE', `/repositories/${REPO}`);

  expect(status).toBe(204);
  expect((await t.controlForge('GET', `/repositories/${REPO}`)).status).toBe(404);
  expect(await runGit(mine, ['rev-parse', 'smol-gang/root'])).toMatch(/^[0-9a-f]{40}$/);
});

test('the routes below /_forge require the admin token', async () => {
  const person = await t.createPerson('nosy', 'admin');

  for (const authorization of ['', `token ${person}`]) {
    const answer = await fetch(`${t.server.url}/_forge/repositories`, {
      headers: { authorization },
    });
    expect(answer.status).toBe(401);
  }
});

test('a page of a pull request escapes its text and forbids scripts', async () => {
  const r = await t.makeRepository('pages');
  await t.pushBranch(r, 'head', { 'b<i>.txt': 'b\n' });
  const body = '<script>alert(1)</script>';
  const wanted = { head: 'head', base: 'main', title: 'A <b>title</b>', body, labels: [] };
  const pull = await t.forge.ensurePull(r.repo, { ...wanted, draft: false });

  const answer = await fetch(pull.url);

  const text = await answer.text();
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(text).toContain('&lt;script&gt;');
  expect(text).toContain('b&lt;i&gt;.txt');
  expect(text).not.toMatch(/<script|<b>title|b<i>/);
  const list = await fetch(`${t.server.url}/${r.repo}`);
  expect(await list.text()).toContain('A &lt;b&gt;title');
});
