import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { getMirrorName } from '../../../agent/bridge/git/refresh-mirror.ts';
import type { BridgeStage } from '../../support/bridge/bridge-stage.ts';
import {
  BRANCH,
  ROOT_BRANCH,
  readPrompts,
  requireDoneResult,
  setUpBridgeStage,
} from '../../support/bridge/bridge-stage.ts';
import type { TestForge, TestRepository } from '../../support/forge/test-forge.ts';
import { startTestForge } from '../../support/forge/test-forge.ts';
import { runGit } from '../../support/workspace/git.ts';

// A repository whose older contents are left where they are, over the forge's own smart HTTP.

const OLD_COMMIT_COUNT = 6;
let stage: BridgeStage;
let forge: TestForge;
let repository: TestRepository;
beforeEach(async () => {
  forge = await startTestForge();
});
afterEach(async () => {
  await stage.close();
  await forge.close();
});

function createLines(first: string, last: string): string {
  const between = Array.from({ length: 40 }, (_, i) => `line ${i}`).join('\n');
  return `${first}\n${between}\n${last}\n`;
}

/** Commits of whose contents only the last is needed. Answers the head of the root branch. */
async function setUpForge(): Promise<string> {
  stage = await setUpBridgeStage({ 'README.md': 'not used\n' });
  repository = await forge.makeRepository('large', { 'a.txt': createLines('one', 'end') });
  let head = repository.main;
  for (let i = 0; i < OLD_COMMIT_COUNT; i += 1) {
    head = await forge.pushBranch(repository, 'main', { 'old.txt': `version ${i}\n` }, head);
  }
  await forge.pushBranch(repository, ROOT_BRANCH, { 'root.txt': 'root\n' }, head);
  const start = await runGit(repository.path, ['rev-parse', 'HEAD']);
  Object.assign(stage.assignment.repository, {
    cloneUrl: repository.url,
    start,
    root: start,
    partial: true,
  });
  const { username, password, expiresAt } = await forge.forge.createGitCredential(
    repository.repo,
    BRANCH,
  );
  stage.credentials.git = { username, password, expiresAt };
  return start;
}

/** Of everything that the root branch's history names, what is not there. */
async function listMissingObjects(gitDir: string, from: string): Promise<string[]> {
  const args = ['--git-dir', gitDir, 'rev-list', '--objects', '--missing=print', from];
  const listed = await runGit('/', args, { GIT_CONFIG_COUNT: '0' });
  return listed.split('\n').filter((line) => line.startsWith('?'));
}

async function readTextBelow(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = files.map((file) => readFile(join(file.parentPath, file.name), 'latin1'));
  return (await Promise.all(texts)).join('\n');
}

test('a large repository comes with its whole history and only the contents that are needed', async () => {
  const start = await setUpForge();
  const moved = { 'a.txt': createLines('one', 'moved'), 'new.txt': 'new\n' };
  const root = await forge.pushBranch(repository, ROOT_BRANCH, moved, start);
  stage.assignment.verify = [
    ['grep', '-q', 'moved', 'a.txt'],
    ['grep', '-q', 'by the agent', 'a.txt'],
    ['sh', '-c', `test "$(git log --oneline ${start} | wc -l)" -eq ${OLD_COMMIT_COUNT + 2}`],
    ['git', 'diff', '--quiet', 'HEAD', '--', 'root.txt'],
  ];

  // The root moved in the file that the agent changes: the merge reads contents that were never checked out.
  const bridge = await stage.startBridge(
    [[{ write: 'a.txt', content: createLines('by the agent', 'end') }]],
    {
      SMOL_KEEP: '1',
    },
  );
  await bridge.ended;

  const result = requireDoneResult(stage);
  expect(result.evidence).toMatchObject({ green: true, root });
  expect(await forge.forge.readBranchHead(repository.repo, BRANCH)).toBe(result.commit);
  expect(await forge.forge.readFile(repository.repo, result.commit, 'a.txt', 10_000)).toBe(
    createLines('by the agent', 'moved'),
  );
  expect((await listMissingObjects(join(stage.workDir, 'git'), start)).length).toBe(
    OLD_COMMIT_COUNT - 1,
  );
  expect((await readPrompts(stage))[0]).toContain('git blame and git log -p do not');
  // Whoever works in the workspace has no way to the forge, and needs none.
  const workspace = join(stage.workDir, 'workspace');
  expect(await runGit(workspace, ['log', '--oneline', start])).toHaveLength(
    (await runGit(repository.path, ['log', '--oneline', start])).length,
  );
  await runGit(workspace, ['status']);
  await expect(runGit(workspace, ['show', `${start}~3:old.txt`])).rejects.toThrow(/promisor/);
  const everything = await readTextBelow(stage.workDir);
  const { password } = stage.credentials.git;
  expect(everything).not.toContain(password);
  expect(everything).not.toContain(Buffer.from(`x-access-token:${password}`).toString('base64'));
});

test('a partial mirror has what every attempt checks out, and is no whole one', async () => {
  const start = await setUpForge();
  const mirrorDir = join(stage.root, 'mirrors');
  stage.assignment.verify = [['grep', '-q', 'version 5', 'old.txt']];

  const bridge = await stage.startBridge([[{ write: 'login.txt', content: 'yes\n' }]], {
    SMOL_MIRROR_DIR: mirrorDir,
    SMOL_KEEP: '1',
  });
  await bridge.ended;

  expect(requireDoneResult(stage).changed).toEqual(['login.txt']);
  expect(await readdir(mirrorDir)).toEqual([getMirrorName(repository.url, true)]);
  const mirror = join(mirrorDir, getMirrorName(repository.url, true));
  expect(await listMissingObjects(mirror, start)).toHaveLength(OLD_COMMIT_COUNT - 1);
  // Nothing was fetched twice: the attempt's own store has only what the attempt made.
  const own = await readdir(join(stage.workDir, 'git/objects/pack'));
  expect(own.filter((name) => name.endsWith('.pack'))).toEqual([]);
});

test('a verify attempt merges and checks out exact commits of a large repository', async () => {
  const start = await setUpForge();
  const commit = await forge.pushBranch(
    repository,
    'work',
    { 'a.txt': createLines('work', 'end') },
    start,
  );
  const root = await forge.pushBranch(
    repository,
    ROOT_BRANCH,
    { 'a.txt': createLines('one', 'moved') },
    start,
  );
  Object.assign(stage.assignment, { kind: 'verify' });
  Object.assign(stage.assignment.repository, { start: root, root, verifyCommit: commit });
  stage.assignment.verify = [['sh', '-c', 'grep -q work a.txt && grep -q moved a.txt']];

  const bridge = await stage.startBridge([]);
  await bridge.ended;

  expect(requireDoneResult(stage).evidence).toMatchObject({ green: true, commit, root });
});

test('files of Git LFS stay pointers, and what takes their place is flagged', async () => {
  const pointer = (n: number) =>
    `version https://git-lfs.github.com/spec/v1\noid sha256:${String(n).repeat(64)}\nsize 12\n`;
  stage = await setUpBridgeStage({
    '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
    'kept.bin': pointer(1),
    'other.bin': pointer(2),
  });
  stage.assignment.verify = [['grep', '-q', 'oid sha256', 'kept.bin']];

  const bridge = await stage.startBridge([
    [
      { write: 'other.bin', content: pointer(3) },
      { write: 'deep/raw.bin', content: 'not a pointer' },
      { write: 'login.txt', content: 'yes\n' },
    ],
  ]);
  await bridge.ended;

  const result = requireDoneResult(stage);
  expect(result.changed).toEqual(['deep/raw.bin', 'login.txt', 'other.bin']);
  expect(result.flagged).toEqual([
    { path: 'deep/raw.bin', why: 'belongs to Git LFS, and is not a pointer' },
  ]);
  const raw = await runGit(stage.remote.directory, ['show', `${BRANCH}:deep/raw.bin`]);
  expect(raw).toBe('not a pointer');
  const said = stage.server.transcript.filter((entry) => entry.kind === 'bridge');
  expect(said.map((entry) => entry.text).join('\n')).toContain('Git LFS');
  expect((await readPrompts(stage))[0]).toContain('kept in Git LFS');
});
