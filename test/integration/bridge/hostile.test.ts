import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { AgentStep } from '../../support/bridge/agent-script.ts';
import type { BridgeStage } from '../../support/bridge/bridge-stage.ts';
import {
  BRANCH,
  findLeakedSecrets,
  ROOT_BRANCH,
  requireDoneResult,
  setUpBridgeStage,
} from '../../support/bridge/bridge-stage.ts';
import type { Trap } from '../../support/bridge/hostile-repository.ts';
import { TRAPS } from '../../support/bridge/hostile-repository.ts';
import { runGit } from '../../support/workspace/git.ts';

// Whatever lies in a workspace, put there by the repository or by the agent: the bridge runs none of it, and no secret gets out.

let stage: BridgeStage;
afterEach(() => stage.close());

/** A program that leaves a mark with its environment. It lies outside of everything that a test removes. */
async function writeEvilProgram(
  folder: string,
): Promise<{ readonly evil: string; readonly mark: string }> {
  const evil = join(folder, 'evil.sh');
  const mark = join(folder, 'mark');
  await mkdir(folder, { recursive: true });
  await writeFile(evil, `#!/bin/sh\nenv >> ${mark}\n`, { mode: 0o755 });
  return { evil, mark };
}

/** One attempt with everything of the bridge's git on its way: checkout, commit, a merge with a moved root, verify, push. */
async function runAttempt(trap: Trap, evil: string): Promise<void> {
  await stage.pushRoot({ 'moved.txt': 'moved\n' });
  stage.assignment.env = { ...trap.repositoryEnv?.(evil) };
  stage.assignment.verify = [['grep', '-q', 'yes', 'login.txt']];
  stage.assignment.setup = [['true']];
  const last: AgentStep[] = [{ write: 'login.txt', content: 'yes\n' }];
  const bridge = await stage.startBridge(
    [[...(trap.steps?.(evil) ?? []), { write: 'login.txt', content: 'no\n' }], last],
    { SMOL_KEEP: '1', ...trap.env?.(evil) },
  );
  await bridge.ended;
}

async function findFilesWithSecrets(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name));
  const texts = await Promise.all(paths.map((path) => readFile(path, 'latin1')));
  return paths.filter((_, i) => findLeakedSecrets(texts[i] ?? '').length > 0);
}

describe.each(TRAPS.map((trap) => [trap.name, trap] as const))('%s', (_name, trap) => {
  test('runs nothing, learns nothing, and does not spoil the work', async () => {
    const where = join('/tmp', `smol-hostile-${process.pid}`);
    const { evil, mark } = await writeEvilProgram(where);
    try {
      stage = await setUpBridgeStage({ 'README.md': 'sample\n', ...trap.files?.(evil) });

      await runAttempt(trap, evil);

      expect(existsSync(mark), 'somebody fell into it').toBe(false);
      const result = requireDoneResult(stage);
      expect(result.changed).toEqual([...(trap.changed ?? []), 'login.txt'].sort());
      expect(await runGit(stage.remote.directory, ['show', `${BRANCH}:login.txt`])).toBe('yes');
      expect(await findFilesWithSecrets(stage.workDir)).toEqual([]);
      expect(existsSync(join(stage.workDir, 'workspace/pwned'))).toBe(false);
      if (trap.triggerCommand === undefined) return;
      // It is a real one: an ordinary git falls into it.
      const workspace = join(stage.workDir, 'workspace');
      await runGit(workspace, trap.triggerCommand, { ...trap.triggerEnv?.(evil) }).catch(() => {});
      expect(existsSync(mark), 'nobody can fall into it').toBe(true);
    } finally {
      await rm(where, { recursive: true, force: true });
    }
  });
});

test('a folder that became a link leads the bridge nowhere', async () => {
  stage = await setUpBridgeStage({ 'src/a.txt': 'a\n', 'other/b.txt': 'b\n' });
  const outside = join(stage.root, 'outside');
  await mkdir(outside);
  await writeFile(join(outside, 'a.txt'), 'mine\n');
  await writeFile(join(outside, 'b.txt'), 'mine\n');
  // What was changed in `other` is put back: not through the link.
  stage.assignment.task.scope = ['src/', 'login.txt'];
  stage.assignment.foreignScopes = [{ task: 'b', scope: ['other/'] }];

  const bridge = await stage.startBridge([
    [
      { run: ['rm', '-r', 'src', 'other'] },
      { run: ['ln', '-s', outside, 'src'] },
      { run: ['ln', '-s', outside, 'other'] },
      { write: 'login.txt', content: 'yes\n' },
    ],
    [],
  ]);
  await bridge.ended;

  const result = requireDoneResult(stage);
  expect(result.changed).toEqual(['login.txt', 'src', 'src/a.txt']);
  expect(await runGit(stage.remote.directory, ['show', `${BRANCH}:other/b.txt`])).toBe('b');
  for (const name of ['a.txt', 'b.txt'])
    expect(await readFile(join(outside, name), 'utf8')).toBe('mine\n');
});

test('the bridge reads and writes no file for an agent, wherever it lies', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });

  const bridge = await stage.startBridge([
    [
      { look: false },
      { acpRead: '/proc/self/environ' },
      { acpRead: 'README.md' },
      { acpWrite: '../pwned', content: 'x' },
      { acpWrite: 'login.txt', content: 'no\n' },
      { write: 'login.txt', content: 'yes\n' },
    ],
  ]);
  await bridge.ended;

  const notes = await stage.readNotes();
  const offered = notes.find((note) => 'offered' in note)?.offered;
  expect(offered).toMatchObject({ fs: { readTextFile: false, writeTextFile: false } });
  const answers = notes.flatMap(({ read, written }) => [read ?? written ?? []].flat());
  expect(answers).toEqual(
    Array.from({ length: 4 }, () => ({ refused: expect.stringContaining('Method not found') })),
  );
  expect(await runGit(stage.remote.directory, ['show', `${BRANCH}:login.txt`])).toBe('yes');
});

test('names of branches and words of the model reach no shell and no option', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  const mark = join(stage.root, 'pwned');
  const root = `x$(touch${'$'}{IFS}${mark});\`id\`&|'"--upload-pack=x`;
  const { assignment } = stage;
  const { start } = assignment.repository;
  await runGit(stage.remote.directory, ['update-ref', `refs/heads/${root}`, start]);
  assignment.repository.rootBranch = root;
  assignment.task.title = '--amend\n$(touch pwned)';
  assignment.author = { name: 'A\n[core] fsmonitor = x', email: 'a@example.com\n--exec=x' };
  assignment.agent.model = '"};$(touch pwned)//';

  const bridge = await stage.startBridge(
    [
      [
        { tool: `$(touch ${mark})`, input: { path: '../../etc/passwd', command: `touch ${mark}` } },
        { say: `$(touch ${mark}) \`touch ${mark}\` --exec=touch` },
        { write: 'login.txt', content: 'yes\n' },
      ],
    ],
    { SMOL_KEEP: '1' },
  );
  await bridge.ended;

  const result = requireDoneResult(stage);
  expect(result.changed).toEqual(['login.txt']);
  expect(existsSync(mark)).toBe(false);
  expect(existsSync(join(stage.workDir, 'workspace/pwned'))).toBe(false);
  const heads = await runGit(stage.remote.directory, ['for-each-ref', '--format=%(refname)']);
  expect(heads.split('\n').sort()).toEqual(
    [BRANCH, ROOT_BRANCH, root].map((name) => `refs/heads/${name}`).sort(),
  );
  expect(await runGit(stage.remote.directory, ['log', '-1', '--format=%an|%s', BRANCH])).toBe(
    'A[core] fsmonitor = x|--amend $(touch pwned)',
  );
});
