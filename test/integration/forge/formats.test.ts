import { appendFile, mkdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestForge } from '../../support/forge/test-forge.ts';
import { readField, startTestForge } from '../../support/forge/test-forge.ts';
import {
  commitFiles,
  initRepository,
  makeTemporaryDirectory,
  runGit,
} from '../../support/workspace/git.ts';

// The forge links every kind of repository that attempts can work with, and refuses any other kind before work begins.

let testForge: TestForge;
let directory: Awaited<ReturnType<typeof makeTemporaryDirectory>>;
/** Repository with two commits. */
let source: string;

beforeAll(async () => {
  testForge = await startTestForge();
  directory = await makeTemporaryDirectory('smol-gang-formats');
  source = join(await realpath(directory.path), 'source');
  await initRepository(source);
  await commitFiles(source, { 'a.txt': 'a\n' });
  await commitFiles(source, { 'a.txt': 'b\n' });
  await runGit(source, ['config', 'uploadpack.allowFilter', 'true']);
});
afterAll(async () => {
  await testForge.close();
  await directory.remove();
});

let count = 0;

/** Clones the source with these options. Returns the folder of the clone. */
async function cloneSource(...options: string[]): Promise<string> {
  count += 1;
  const folder = join(source, '..', `clone ${count}`);
  const allowFile = ['-c', 'protocol.file.allow=always'];
  await runGit(source, [...allowFile, 'clone', '--quiet', ...options, `file://${source}`, folder]);
  return folder;
}

async function initWithConfig(config: string): Promise<string> {
  count += 1;
  const folder = join(source, '..', `init-${count}`);
  await initRepository(folder);
  await commitFiles(folder, { 'a.txt': 'a\n' });
  await appendFile(join(folder, '.git/config'), config);
  return folder;
}

/** Links a folder under a name of its own. */
async function linkFolder(path: string) {
  count += 1;
  const answer = await testForge.controlForge('POST', '/repositories', {
    name: `local/repository-${count}`,
    path,
  });
  return { status: answer.status, text: JSON.stringify(answer.body), body: answer.body };
}

test.each<[string, () => Promise<string>, string]>([
  ['a shallow clone', () => cloneSource('--depth=1'), 'fetch --unshallow'],
  ['a partial clone', () => cloneSource('--filter=blob:none'), 'without --filter'],
  [
    'a repository with SHA-256 ids',
    async () => {
      const folder = join(source, '..', 'sha256');
      await mkdir(folder);
      await runGit(folder, ['init', '--quiet', '--object-format=sha256']);
      return folder;
    },
    'SHA-1',
  ],
  [
    'a repository with the reftable format',
    () =>
      initWithConfig(
        '[core]\n repositoryformatversion = 1\n[extensions]\n refStorage = reftable\n',
      ),
    'refs migrate --ref-format=files',
  ],
  [
    'a repository with an unknown extension',
    () =>
      initWithConfig('[core]\n repositoryformatversion = 1\n[extensions]\n timeTravel = true\n'),
    'timetravel',
  ],
  [
    'a repository of a future version',
    () => initWithConfig('[core]\n repositoryformatversion = 9\n'),
    'install a newer git',
  ],
  [
    'a clone whose shared objects are missing',
    async () => {
      const lender = await cloneSource();
      const borrower = `${lender}-borrower`;
      await runGit(lender, ['clone', '--quiet', '--shared', lender, borrower]);
      await rm(lender, { recursive: true });
      return borrower;
    },
    'borrows objects',
  ],
])('linking %s is refused with the next step', async (_kind, makeRepository, expected) => {
  const answer = await linkFolder(await makeRepository());

  expect(answer.status, answer.text).toBe(422);
  expect(answer.text).toContain(expected);
});

test('the printed command of a shallow clone makes the repository usable', async () => {
  const folder = await cloneSource('--depth=1');
  const message = readField((await linkFolder(folder)).body, 'message');
  expect(message).toContain(`git -C '${folder}' fetch --unshallow`);

  await runGit(folder, ['-c', 'protocol.file.allow=always', 'fetch', '--quiet', '--unshallow']);

  expect((await linkFolder(folder)).status).toBe(201);
});

test.each<[string, () => Promise<string>]>([
  ['a clone that borrows objects', () => cloneSource('--shared')],
  ['a bare repository', () => cloneSource('--bare')],
  [
    'a repository with packed branches and a detached HEAD',
    async () => {
      const folder = await cloneSource();
      await runGit(folder, ['pack-refs', '--all']);
      await runGit(folder, ['checkout', '--quiet', '--detach']);
      return folder;
    },
  ],
  [
    'a submodule',
    async () => {
      const folder = await initWithConfig('');
      const add = ['submodule', '--quiet', 'add', `file://${source}`, 'lib'];
      await runGit(folder, ['-c', 'protocol.file.allow=always', ...add]);
      return join(folder, 'lib');
    },
  ],
])('%s can be linked, and its branch is readable', async (_kind, makeRepository) => {
  const answer = await linkFolder(await makeRepository());

  expect(answer.status, answer.text).toBe(201);
  const head = await runGit(source, ['rev-parse', 'main']);
  const repo = readField(answer.body, 'name');
  expect(await testForge.forge.readBranchHead(repo, 'main')).toBe(head);
});

test('a linked repository keeps its name, whatever path leads to the repository', async () => {
  const folder = await cloneSource();
  const link = join(source, '..', 'link');
  await symlink(folder, link);
  const workTree = join(source, '..', 'work-tree');
  await runGit(folder, ['worktree', 'add', '--quiet', '-b', 'side', workTree]);

  const names: string[] = [];
  for (const path of [folder, `${folder}/../${folder.split('/').at(-1)}`, link, workTree])
    names.push(readField((await linkFolder(path)).body, 'name'));

  expect(new Set(names).size).toBe(1);
});

test('preflight blocks a repository that became shallow after it was linked', async () => {
  const folder = await cloneSource();
  const repo = readField((await linkFolder(folder)).body, 'name');
  expect(await testForge.forge.runPreflight(repo, 'main', 'smol-gang')).toEqual([]);

  const head = await runGit(folder, ['rev-parse', 'HEAD']);
  await writeFile(join(folder, '.git/shallow'), `${head}\n`);

  expect(await testForge.forge.runPreflight(repo, 'main', 'smol-gang')).toContainEqual(
    expect.objectContaining({ rule: 'shallow', blocking: true }),
  );
});
