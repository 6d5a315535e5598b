import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestForge } from '../../support/forge/test-forge.ts';
import { startTestForge } from '../../support/forge/test-forge.ts';
import {
  commitFiles,
  initRepository,
  makeTemporaryDirectory,
  runGit,
} from '../../support/workspace/git.ts';

// People merge with git commands in a linked repository. The forge sees only the moved base branch.

let testForge: TestForge;
let directory: Awaited<ReturnType<typeof makeTemporaryDirectory>>;
beforeAll(async () => {
  testForge = await startTestForge();
  directory = await makeTemporaryDirectory('smol-gang-person-merges');
});
afterAll(async () => {
  await testForge.close();
  await directory.remove();
});

let repositoryCount = 0;

/** Links a work tree whose branch `work` has two commits, opens their pull request and returns to the branch main. */
async function openLinkedPull() {
  repositoryCount += 1;
  const name = `local/person-merges-${repositoryCount}`;
  const path = join(directory.path, `tree-${repositoryCount}`);
  await initRepository(path);
  await commitFiles(path, { 'a.txt': 'a\n', 'shared.txt': '1\n2\n3\n4\n5\n' });
  await runGit(path, ['checkout', '--quiet', '-b', 'work']);
  const first = await commitFiles(path, { 'b.txt': 'b\n' });
  const second = await commitFiles(path, { 'shared.txt': '1\n2\n3\n4\nfive\n' });
  await runGit(path, ['checkout', '--quiet', 'main']);
  await testForge.controlForge('POST', '/repositories', { name, path });
  const pull = { head: 'work', base: 'main', title: 'Work', body: '', draft: false, labels: [] };
  const { number } = await testForge.forge.ensurePull(name, pull);
  const git = (...args: string[]) => runGit(path, args);
  const readPull = () => testForge.forge.readPull(name, number);
  return { name, path, number, first, second, git, readPull };
}

type LinkedPull = Awaited<ReturnType<typeof openLinkedPull>>;

async function squash({ git }: LinkedPull): Promise<void> {
  await git('merge', '--quiet', '--squash', 'work');
  await git('commit', '--quiet', '-m', 'All work');
}

async function editMain({ path }: LinkedPull): Promise<void> {
  await commitFiles(path, { 'shared.txt': 'one\n2\n3\n4\n5\n' });
}

const MERGES: readonly (readonly [string, (pull: LinkedPull) => Promise<unknown>])[] = [
  ['a merge commit', ({ git }) => git('merge', '--quiet', '--no-ff', '-m', 'Merge', 'work')],
  ['a fast-forward', ({ git }) => git('merge', '--quiet', '--ff-only', 'work')],
  ['a squash', squash],
  [
    'a squash onto a changed base branch',
    async (pull) => {
      await editMain(pull);
      await squash(pull);
    },
  ],
  [
    'a squash that a later commit reverts',
    async (pull) => {
      await squash(pull);
      await pull.git('revert', '--no-edit', 'HEAD');
    },
  ],
  [
    'a squash followed by other commits',
    async (pull) => {
      await squash(pull);
      await editMain(pull);
    },
  ],
  [
    'a cherry-pick of every commit',
    async ({ git, first, second, path }) => {
      await commitFiles(path, { 'a.txt': 'other\n' });
      await git('cherry-pick', first);
      await git('cherry-pick', second);
    },
  ],
  [
    'a rebase of the branch',
    async (pull) => {
      await editMain(pull);
      await pull.git('checkout', '--quiet', '-b', 'rebased', 'work');
      await pull.git('rebase', '--quiet', 'main');
      await pull.git('checkout', '--quiet', 'main');
      await pull.git('merge', '--quiet', '--ff-only', 'rebased');
    },
  ],
  [
    'a squash and a deletion of the branch',
    async (pull) => {
      await squash(pull);
      await pull.git('branch', '-D', 'work');
    },
  ],
  [
    'a merge of another branch with the squashed work',
    async (pull) => {
      await pull.git('checkout', '--quiet', '-b', 'collected');
      await squash(pull);
      await pull.git('checkout', '--quiet', 'main');
      await pull.git('merge', '--quiet', '--no-ff', '-m', 'Merge', 'collected');
    },
  ],
];

test.each(MERGES)('%s by a person merges the pull request', async (_title, merge) => {
  const pull = await openLinkedPull();
  expect((await pull.readPull()).state).toBe('open');

  await merge(pull);

  expect(await pull.readPull()).toMatchObject({
    state: 'merged',
    mergeSha: expect.stringMatching(/^[0-9a-f]{40}$/),
  });
});

test('a squash that the forge sees only after further commits names the squash commit', async () => {
  const pull = await openLinkedPull();
  await squash(pull);
  const squashed = (await pull.git('rev-parse', 'main')).trim();
  await editMain(pull);

  expect((await pull.readPull()).mergeSha).toBe(squashed);
});

test('a cherry-pick of only one commit leaves the pull request open', async () => {
  const pull = await openLinkedPull();
  await pull.git('cherry-pick', pull.first);
  expect((await pull.readPull()).state).toBe('open');

  await pull.git('cherry-pick', pull.second);
  expect((await pull.readPull()).state).toBe('merged');
});

test('commits on the branch after a squash keep the pull request open', async () => {
  const pull = await openLinkedPull();
  await squash(pull);
  await pull.git('checkout', '--quiet', 'work');
  await commitFiles(pull.path, { 'c.txt': 'c\n' });
  await pull.git('checkout', '--quiet', 'main');

  expect((await pull.readPull()).state).toBe('open');
});

test('a pull request without changes is not merged by an unrelated commit', async () => {
  const pull = await openLinkedPull();
  await pull.git('branch', 'empty', 'main');
  await pull.git('checkout', '--quiet', 'empty');
  await pull.git('commit', '--quiet', '--allow-empty', '-m', 'Nothing');
  await pull.git('checkout', '--quiet', 'main');
  const opened = await testForge.forge.ensurePull(pull.name, {
    head: 'empty',
    base: 'main',
    title: 'Empty',
    body: '',
    draft: false,
    labels: [],
  });
  await editMain(pull);

  expect((await testForge.forge.readPull(pull.name, opened.number)).state).toBe('open');
});

test('the merge of another pull request with the same content leaves a pull request open', async () => {
  const pull = await openLinkedPull();
  await pull.git('checkout', '--quiet', '-b', 'twin');
  const sha = await commitFiles(pull.path, {
    'b.txt': 'b\n',
    'shared.txt': '1\n2\n3\n4\nfive\n',
  });
  await pull.git('checkout', '--quiet', '--detach');
  const twin = await testForge.forge.ensurePull(pull.name, {
    head: 'twin',
    base: 'main',
    title: 'Twin',
    body: '',
    draft: false,
    labels: [],
  });
  await testForge.forge.readPull(pull.name, twin.number);
  const merge = { sha, title: 'Merge', message: '', method: 'merge' } as const;
  expect(await testForge.forge.mergePull(pull.name, twin.number, merge)).toMatchObject({
    kind: 'merged',
  });

  expect((await pull.readPull()).state).toBe('open');
});

test('a rename of the base branch changes the base of the pull request', async () => {
  const pull = await openLinkedPull();
  await pull.git('branch', '-m', 'main', 'first');
  await pull.git('branch', '-m', 'first', 'trunk');
  await commitFiles(pull.path, { 'a.txt': 'after the rename\n' });

  expect(await pull.readPull()).toMatchObject({ state: 'open', base: 'trunk' });
  expect(
    testForge.deliveries.map(({ event, body }) => [event, JSON.parse(body).action]),
  ).toContainEqual(['pull_request', 'edited']);
});

test('a merge before a rename of the base branch is recognised after the rename', async () => {
  const pull = await openLinkedPull();
  await squash(pull);
  await pull.git('branch', '-m', 'main', 'trunk');

  expect(await pull.readPull()).toMatchObject({ state: 'merged', base: 'trunk' });
});

test('a deleted base branch keeps the pull request open until the branch exists again', async () => {
  const pull = await openLinkedPull();
  await pull.git('checkout', '--quiet', '--detach');
  await pull.git('branch', '-D', 'main');
  expect(await pull.readPull()).toMatchObject({ state: 'open', base: 'main' });

  await pull.git('checkout', '--quiet', '-b', 'main');
  await squash(pull);
  expect((await pull.readPull()).state).toBe('merged');
});

test('a person chooses another base branch, but not a missing branch', async () => {
  const pull = await openLinkedPull();
  await pull.git('branch', 'release', 'main');
  await testForge.forge.changePullBase(pull.name, pull.number, 'release');
  expect(await pull.readPull()).toMatchObject({ state: 'open', base: 'release' });

  const missing = testForge.forge.changePullBase(pull.name, pull.number, 'nowhere');
  await expect(missing).rejects.toMatchObject({ kind: 'refused' });
  expect((await pull.readPull()).base).toBe('release');
});
