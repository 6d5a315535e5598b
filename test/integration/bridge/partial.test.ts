import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { getMirrorName } from '../../../agent/bridge/git/refresh-mirror.ts';
import { BRIDGE_ENVIRONMENT } from '../../../core/contract/bridge.ts';
import type { BridgeFixture } from '../../support/bridge/bridge-fixture.ts';
import {
  ATTEMPT_BRANCH,
  ROOT_BRANCH,
  readPrompts,
  requireDoneResult,
  setUpBridgeFixture,
} from '../../support/bridge/bridge-fixture.ts';
import type { TestForge, TestRepository } from '../../support/forge/test-forge.ts';
import { startTestForge } from '../../support/forge/test-forge.ts';
import { runGit } from '../../support/workspace/git.ts';

// Attempts on partial repositories of the laptop forge. The contents of old files stay on the forge.

const OLD_COMMIT_COUNT = 6;
let fixture: BridgeFixture;
let forge: TestForge;
let repository: TestRepository;
beforeEach(async () => {
  forge = await startTestForge();
});
afterEach(async () => {
  await fixture.close();
  await forge.close();
});

function createLines(first: string, last: string): string {
  const middle = Array.from({ length: 40 }, (_, index) => `line ${index}`).join('\n');
  return `${first}\n${middle}\n${last}\n`;
}

/**
 * Creates a repository with several versions of old.txt, of which an attempt needs only the last. Returns the head commit of the
 * root branch.
 */
async function setUpForge(): Promise<string> {
  fixture = await setUpBridgeFixture({ 'README.md': 'not used\n' });
  repository = await forge.makeRepository('large', { 'a.txt': createLines('one', 'end') });
  let head = repository.main;
  for (let version = 0; version < OLD_COMMIT_COUNT; version += 1) {
    head = await forge.pushBranch(repository, 'main', { 'old.txt': `version ${version}\n` }, head);
  }
  await forge.pushBranch(repository, ROOT_BRANCH, { 'root.txt': 'root\n' }, head);
  const start = await runGit(repository.path, ['rev-parse', 'HEAD']);
  Object.assign(fixture.assignment.repository, {
    cloneUrl: repository.url,
    start,
    root: start,
    partial: true,
  });
  const { username, password, expiresAt } = await forge.forge.createGitCredential(
    repository.repo,
    ATTEMPT_BRANCH,
  );
  fixture.credentials.git = { username, password, expiresAt };
  return start;
}

/** Lists the objects in the history of `commit` that are missing in the git directory. */
async function listMissingObjects(gitDir: string, commit: string): Promise<string[]> {
  const args = ['--git-dir', gitDir, 'rev-list', '--objects', '--missing=print', commit];
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
  const rootFiles = { 'a.txt': createLines('one', 'moved'), 'new.txt': 'new\n' };
  const root = await forge.pushBranch(repository, ROOT_BRANCH, rootFiles, start);
  fixture.assignment.verify = [
    ['grep', '-q', 'moved', 'a.txt'],
    ['grep', '-q', 'by the agent', 'a.txt'],
    ['sh', '-c', `test "$(git log --oneline ${start} | wc -l)" -eq ${OLD_COMMIT_COUNT + 2}`],
    ['git', 'diff', '--quiet', 'HEAD', '--', 'root.txt'],
  ];

  // The agent and the root branch change the same file, so the merge needs contents that were never checked out.
  const bridge = await fixture.startBridge(
    [[{ write: 'a.txt', content: createLines('by the agent', 'end') }]],
    { [BRIDGE_ENVIRONMENT.keepWorkDir]: '1' },
  );
  await bridge.ended;

  const result = requireDoneResult(fixture);
  expect(result.evidence).toMatchObject({ green: true, root });
  expect(await forge.forge.readBranchHead(repository.repo, ATTEMPT_BRANCH)).toBe(result.commit);
  expect(await forge.forge.readFile(repository.repo, result.commit, 'a.txt', 10_000)).toBe(
    createLines('by the agent', 'moved'),
  );
  expect((await listMissingObjects(join(fixture.workDir, 'git'), start)).length).toBe(
    OLD_COMMIT_COUNT - 1,
  );
  expect((await readPrompts(fixture))[0]).toContain('but git blame and git log -p do not');
  // The repository in the workspace has no access to the forge, but git log and git status work.
  const workspace = join(fixture.workDir, 'workspace');
  expect(await runGit(workspace, ['log', '--oneline', start])).toHaveLength(
    (await runGit(repository.path, ['log', '--oneline', start])).length,
  );
  await runGit(workspace, ['status']);
  await expect(runGit(workspace, ['show', `${start}~3:old.txt`])).rejects.toThrow(/promisor/);
  const allText = await readTextBelow(fixture.workDir);
  const { password } = fixture.credentials.git;
  expect(allText).not.toContain(password);
  expect(allText).not.toContain(Buffer.from(`x-access-token:${password}`).toString('base64'));
});

test('a partial mirror has a separate folder and contains only the file contents of the newest commit', async () => {
  const start = await setUpForge();
  const mirrorDir = join(fixture.directory, 'mirrors');
  fixture.assignment.verify = [['grep', '-q', 'version 5', 'old.txt']];

  const bridge = await fixture.startBridge([[{ write: 'login.txt', content: 'yes\n' }]], {
    [BRIDGE_ENVIRONMENT.mirrorDir]: mirrorDir,
    [BRIDGE_ENVIRONMENT.keepWorkDir]: '1',
  });
  await bridge.ended;

  expect(requireDoneResult(fixture).changed).toEqual(['login.txt']);
  expect(await readdir(mirrorDir)).toEqual([getMirrorName(repository.url, true)]);
  const mirror = join(mirrorDir, getMirrorName(repository.url, true));
  expect(await listMissingObjects(mirror, start)).toHaveLength(OLD_COMMIT_COUNT - 1);
  // The attempt fetched nothing in addition to the mirror, so its git directory contains no pack.
  const packs = await readdir(join(fixture.workDir, 'git/objects/pack'));
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
  Object.assign(fixture.assignment, { kind: 'verify' });
  Object.assign(fixture.assignment.repository, { start: root, root, verifyCommit: commit });
  fixture.assignment.verify = [['sh', '-c', 'grep -q work a.txt && grep -q moved a.txt']];

  const bridge = await fixture.startBridge([]);
  await bridge.ended;

  expect(requireDoneResult(fixture).evidence).toMatchObject({ green: true, commit, root });
});

test('files of Git LFS stay pointers, and a file in place of a pointer is flagged', async () => {
  const createPointer = (digit: number) =>
    `version https://git-lfs.github.com/spec/v1\noid sha256:${String(digit).repeat(64)}\nsize 12\n`;
  fixture = await setUpBridgeFixture({
    '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
    'kept.bin': createPointer(1),
    'other.bin': createPointer(2),
  });
  fixture.assignment.verify = [['grep', '-q', 'oid sha256', 'kept.bin']];

  const bridge = await fixture.startBridge([
    [
      { write: 'other.bin', content: createPointer(3) },
      { write: 'deep/raw.bin', content: 'not a pointer' },
      { write: 'login.txt', content: 'yes\n' },
    ],
  ]);
  await bridge.ended;

  const result = requireDoneResult(fixture);
  expect(result.changed).toEqual(['deep/raw.bin', 'login.txt', 'other.bin']);
  expect(result.flagged).toEqual([
    {
      path: 'deep/raw.bin',
      why: 'belongs in Git LFS, but is not an LFS pointer',
      kind: 'lfs',
    },
  ]);
  const raw = await runGit(fixture.remote.directory, ['show', `${ATTEMPT_BRANCH}:deep/raw.bin`]);
  expect(raw).toBe('not a pointer');
  const notes = fixture.controlPlane.transcript.filter((entry) => entry.kind === 'bridge');
  expect(notes.map((entry) => entry.text).join('\n')).toContain('Git LFS');
  expect((await readPrompts(fixture))[0]).toContain('kept in Git LFS');
});
