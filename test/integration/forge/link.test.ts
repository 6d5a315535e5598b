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
const MERGE = { title: 'Merge', message: '', method: 'merge' } as const;

let testForge: TestForge;
let directory: Awaited<ReturnType<typeof makeTemporaryDirectory>>;
let workTree: string;
let main: string;

beforeAll(async () => {
  testForge = await startTestForge();
  directory = await makeTemporaryDirectory('smol-gang-link');
  workTree = join(directory.path, 'mine');
  await initRepository(workTree);
  main = await commitFiles(workTree, { 'a.txt': 'a\n' });
  const hooks = join(workTree, '.git/hooks');
  await mkdir(hooks, { recursive: true });
  for (const hook of ['pre-receive', 'update', 'post-receive', 'reference-transaction']) {
    const script = `#!/bin/sh\ntouch ${directory.path}/hook-ran\nexit 1\n`;
    await writeFile(join(hooks, hook), script, { mode: 0o755 });
  }
  await writeFile(join(workTree, 'a.txt'), 'dirty\n');
});
afterAll(async () => {
  await testForge.close();
  await directory.remove();
});

function getRemoteUrl(): string {
  return `${testForge.server.url}/${REPO}.git`;
}

async function readWorkTreeState(): Promise<string> {
  const [status, head, index] = await Promise.all([
    runGit(workTree, ['status', '--porcelain=v2', '--branch']),
    readFile(join(workTree, '.git/HEAD'), 'utf8'),
    stat(join(workTree, '.git/index')),
  ]);
  return `${status}\n${head}\n${index.size}`;
}

test('a work tree may be linked repeatedly, and each answer contains its default branch and head commit', async () => {
  const first = await testForge.controlForge('POST', '/repositories', {
    name: REPO,
    path: workTree,
  });
  const again = await testForge.controlForge('POST', '/repositories', {
    name: REPO,
    path: workTree,
  });

  expect(first).toMatchObject({
    status: 201,
    body: { name: REPO, defaultBranch: 'main', head: main, linked: true },
  });
  expect(again.body).toEqual(first.body);
  expect(await testForge.forge.readBranchHead(REPO, 'main')).toBe(main);
});

test.each([
  ['/nowhere/at/all', 'does not exist'],
  ['relative/path', 'not an absolute path'],
  ['/', 'not a git repository'],
])('linking the path %s is refused', async (path, reason) => {
  const { status, body } = await testForge.controlForge('POST', '/repositories', {
    name: 'local/x',
    path,
  });

  expect(status).toBe(422);
  expect(JSON.stringify(body)).toContain(reason);
});

test.each(['../x', 'a/../b', 'api/x', '_forge/x', 'a', 'a/b/c', 'a/.git', 'a/b.git'])(
  'the repository name %s is refused',
  async (name) => {
    expect((await testForge.controlForge('POST', '/repositories', { name })).status).toBe(422);
  },
);

test('linking a repository under the name of another repository is refused with 409', async () => {
  const other = join(directory.path, 'other');
  await initRepository(other);
  await commitFiles(other, { 'b.txt': 'b' });

  expect(
    await testForge.controlForge('POST', '/repositories', { name: REPO, path: other }),
  ).toMatchObject({
    status: 409,
  });
});

test('pushes and merges change neither the work tree nor the index nor the checked-out branch of a linked repository', async () => {
  const before = await readWorkTreeState();
  const clone = join(directory.path, 'clone');
  await runGit(directory.path, ['clone', '--quiet', workTree, clone]);
  const commit = await commitFiles(clone, { 'b.txt': 'b\n' });

  await pushWithToken(clone, getRemoteUrl(), ADMIN_TOKEN, 'HEAD:refs/heads/smol-gang/task');
  await testForge.forge.ensureBranch(REPO, 'smol-gang/root', main);
  const pullToOpen = { head: 'smol-gang/task', base: 'smol-gang/root', title: 'x', body: '' };
  const pull = await testForge.forge.ensurePull(REPO, { ...pullToOpen, draft: false, labels: [] });
  await testForge.forge.readPull(REPO, pull.number);
  const outcome = await testForge.forge.mergePull(REPO, pull.number, { sha: commit, ...MERGE });

  expect(outcome.kind).toBe('merged');
  expect(await runGit(workTree, ['rev-parse', 'smol-gang/root'])).toBe(
    (await testForge.forge.readPull(REPO, pull.number)).mergeSha,
  );
  expect(await readWorkTreeState()).toBe(before);
  await expect(stat(join(directory.path, 'hook-ran'))).rejects.toThrow();
});

test('the forge refuses to write a branch that is checked out in any work tree', async () => {
  const added = join(directory.path, 'added');
  await runGit(workTree, [
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
    const push = pushWithToken(clone, getRemoteUrl(), ADMIN_TOKEN, `HEAD:refs/heads/${branch}`);
    await expect(push).rejects.toThrow(/checked out/);
    const refused = { kind: 'refused', code: 'rule' };
    await expect(testForge.forge.moveBranch(REPO, branch, commit)).rejects.toMatchObject(refused);
    await expect(testForge.forge.deleteBranch(REPO, branch)).rejects.toMatchObject(refused);
  }
  const pullToOpen = { head: 'smol-gang/root', base: 'main', title: 'x', body: '' };
  const pull = await testForge.forge.ensurePull(REPO, { ...pullToOpen, draft: false, labels: [] });
  await testForge.forge.readPull(REPO, pull.number);
  const merge = { sha: pull.headSha, ...MERGE };
  expect(await testForge.forge.mergePull(REPO, pull.number, merge)).toMatchObject({
    kind: 'notMergeable',
    message: expect.stringContaining('checked out'),
  });

  expect(await readWorkTreeState()).toBe(before);
});

test('the forge reads branches and merges that a person created with git commands', async () => {
  await runGit(workTree, ['config', 'core.hooksPath', '/dev/null']);
  await runGit(workTree, ['branch', 'by-hand', main]);
  expect(await testForge.forge.readBranchHead(REPO, 'by-hand')).toBe(main);
  await runGit(workTree, ['stash', '--quiet']);
  await runGit(workTree, ['merge', '--quiet', '--no-edit', 'smol-gang/root']);

  const pull = await testForge.forge.findPull(REPO, {
    head: 'smol-gang/root',
    base: 'main',
    labels: [],
  });

  expect(pull).toMatchObject({
    state: 'merged',
    mergeSha: await runGit(workTree, ['rev-parse', 'main']),
  });
});

test('deleting a linked repository from the forge keeps its git directory', async () => {
  const { status } = await testForge.controlForge('DELETE', `/repositories/${REPO}`);

  expect(status).toBe(204);
  expect((await testForge.controlForge('GET', `/repositories/${REPO}`)).status).toBe(404);
  expect(await runGit(workTree, ['rev-parse', 'smol-gang/root'])).toMatch(/^[0-9a-f]{40}$/);
});

test('the routes below /_forge require the admin token', async () => {
  const person = await testForge.createPerson('nosy', 'admin');

  for (const authorization of ['', `token ${person}`]) {
    const answer = await fetch(`${testForge.server.url}/_forge/repositories`, {
      headers: { authorization },
    });
    expect(answer.status).toBe(401);
  }
});

test('a page of a pull request escapes its text and forbids scripts', async () => {
  const repository = await testForge.makeRepository('pages');
  await testForge.pushBranch(repository, 'head', { 'b<i>.txt': 'b\n' });
  const body = '<script>alert(1)</script>';
  const pullToOpen = { head: 'head', base: 'main', title: 'A <b>title</b>', body, labels: [] };
  const pull = await testForge.forge.ensurePull(repository.repo, { ...pullToOpen, draft: false });

  const answer = await fetch(pull.url);

  const text = (await answer.text()) + (await (await fetch(`${pull.url}/files`)).text());
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(text).toContain('&lt;script&gt;');
  expect(text).toContain('b&lt;i&gt;.txt');
  expect(text).not.toMatch(/<script|<b>title|b<i>/);
  const list = await fetch(`${testForge.server.url}/${repository.repo}`);
  expect(await list.text()).toContain('A &lt;b&gt;title');
});
