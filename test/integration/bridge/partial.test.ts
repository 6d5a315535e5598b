import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { getMirrorName } from '../../../agent/bridge/git/refresh-mirror.ts';
import { BRIDGE_ENVIRONMENT } from '../../../core/contract/bridge.ts';
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

// Partial repositories, fetched over the smart HTTP of the laptop forge: contents of old files stay on the forge.

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
  const between = Array.from({ length: 40 }, (_, index) => `line ${index}`).join('\n');
  return `${first}\n${between}\n${last}\n`;
}

/**
 * Creates a repository with several versions of old.txt, of which an attempt needs the last. Returns the head of the root
 * branch.
 */
async function setUpForge(): Promise<string> {
  stage = await setUpBridgeStage({ 'README.md': 'not used\n' });
  repository = await forge.makeRepository('large', { 'a.txt': createLines('one', 'end') });
  let head = repository.main;
  for (let version = 0; version < OLD_COMMIT_COUNT; version += 1) {
    head = await forge.pushBranch(repository, 'main', { 'old.txt': `version ${version}\n` }, head);
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

/** Lists the objects in the history of `from` that the git directory lacks. */
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

test('an attempt on a partial repository fetches the whole history and only the needed contents', async () => {
  const start = await setUpForge();
  const moved = { 'a.txt': createLines('one', 'moved'), 'new.txt': 'new\n' };
  const root = await forge.pushBranch(repository, ROOT_BRANCH, moved, start);
  stage.assignment.verify = [
    ['grep', '-q', 'moved', 'a.txt'],
    ['grep', '-q', 'by the agent', 'a.txt'],
    ['sh', '-c', `test "$(git log --oneline ${start} | wc -l)" -eq ${OLD_COMMIT_COUNT + 2}`],
    ['git', 'diff', '--quiet', 'HEAD', '--', 'root.txt'],
  ];

  // The root branch has changed the file of the agent: the merge needs contents that were never checked out.
  const bridge = await stage.startBridge(
    [[{ write: 'a.txt', content: createLines('by the agent', 'end') }]],
    { [BRIDGE_ENVIRONMENT.keepWorkDir]: '1' },
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
  // The repository in the workspace has no access to the forge; the history and status work without the forge.
  const workspace = join(stage.workDir, 'workspace');
  expect(await runGit(workspace, ['log', '--oneline', start])).toHaveLength(
    (await runGit(repository.path, ['log', '--oneline', start])).length,
  );
  await runGit(workspace, ['status']);
  await expect(runGit(workspace, ['show', `${start}~3:old.txt`])).rejects.toThrow(/promisor/);
  const allText = await readTextBelow(stage.workDir);
  const { password } = stage.credentials.git;
  expect(allText).not.toContain(password);
  expect(allText).not.toContain(Buffer.from(`x-access-token:${password}`).toString('base64'));
});

test('a partial mirror contains the contents of the newest commit, apart from complete mirrors', async () => {
  const start = await setUpForge();
  const mirrorDir = join(stage.root, 'mirrors');
  stage.assignment.verify = [['grep', '-q', 'version 5', 'old.txt']];

  const bridge = await stage.startBridge([[{ write: 'login.txt', content: 'yes\n' }]], {
    [BRIDGE_ENVIRONMENT.mirrorDir]: mirrorDir,
    [BRIDGE_ENVIRONMENT.keepWorkDir]: '1',
  });
  await bridge.ended;

  expect(requireDoneResult(stage).changed).toEqual(['login.txt']);
  expect(await readdir(mirrorDir)).toEqual([getMirrorName(repository.url, true)]);
  const mirror = join(mirrorDir, getMirrorName(repository.url, true));
  expect(await listMissingObjects(mirror, start)).toHaveLength(OLD_COMMIT_COUNT - 1);
  // The attempt fetches nothing again: its git directory contains only new objects.
  const packs = await readdir(join(stage.workDir, 'git/objects/pack'));
  expect(packs.filter((name) => name.endsWith('.pack'))).toEqual([]);
});

test('a verify attempt merges and checks out exact commits of a partial repository', async () => {
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

test('files of Git LFS stay pointers, and a file in place of a pointer is flagged', async () => {
  const createPointer = (digit: number) =>
    `version https://git-lfs.github.com/spec/v1\noid sha256:${String(digit).repeat(64)}\nsize 12\n`;
  stage = await setUpBridgeStage({
    '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
    'kept.bin': createPointer(1),
    'other.bin': createPointer(2),
  });
  stage.assignment.verify = [['grep', '-q', 'oid sha256', 'kept.bin']];

  const bridge = await stage.startBridge([
    [
      { write: 'other.bin', content: createPointer(3) },
      { write: 'deep/raw.bin', content: 'not a pointer' },
      { write: 'login.txt', content: 'yes\n' },
    ],
  ]);
  await bridge.ended;

  const result = requireDoneResult(stage);
  expect(result.changed).toEqual(['deep/raw.bin', 'login.txt', 'other.bin']);
  expect(result.flagged).toEqual([
    { path: 'deep/raw.bin', why: 'belongs in Git LFS, but is not an LFS pointer' },
  ]);
  const raw = await runGit(stage.remote.directory, ['show', `${BRANCH}:deep/raw.bin`]);
  expect(raw).toBe('not a pointer');
  const notes = stage.server.transcript.filter((entry) => entry.kind === 'bridge');
  expect(notes.map((entry) => entry.text).join('\n')).toContain('Git LFS');
  expect((await readPrompts(stage))[0]).toContain('kept in Git LFS');
});
