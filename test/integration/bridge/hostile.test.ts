import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { BRIDGE_ENVIRONMENT } from '../../../core/contract/bridge.ts';
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

// Hostile repositories and agents: the bridge runs no program of a workspace, and no secret leaves the bridge.

let stage: BridgeStage;
afterEach(() => stage.close());

/** Writes a program that appends its environment to a marker file, in a folder that the test removes last. */
async function writeEvilProgram(
  folder: string,
): Promise<{ readonly evil: string; readonly marker: string }> {
  const evil = join(folder, 'evil.sh');
  const marker = join(folder, 'mark');
  await mkdir(folder, { recursive: true });
  await writeFile(evil, `#!/bin/sh\nenv >> ${marker}\n`, { mode: 0o755 });
  return { evil, marker };
}

/** Runs an attempt that uses git for checkout, commit, a merge with new root commits, verify and push. */
async function runAttempt(trap: Trap, evil: string): Promise<void> {
  await stage.pushRoot({ 'moved.txt': 'moved\n' });
  stage.assignment.env = { ...trap.repositoryEnv?.(evil) };
  stage.assignment.verify = [['grep', '-q', 'yes', 'login.txt']];
  stage.assignment.setup = [['true']];
  const last: AgentStep[] = [{ write: 'login.txt', content: 'yes\n' }];
  const bridge = await stage.startBridge(
    [[...(trap.steps?.(evil) ?? []), { write: 'login.txt', content: 'no\n' }], last],
    { [BRIDGE_ENVIRONMENT.keepWorkDir]: '1', ...trap.env?.(evil) },
  );
  await bridge.ended;
}

async function findFilesWithSecrets(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name));
  const texts = await Promise.all(paths.map((path) => readFile(path, 'latin1')));
  return paths.filter((_, index) => findLeakedSecrets(texts[index] ?? '').length > 0);
}

describe.each(TRAPS.map((trap) => [trap.name, trap] as const))('%s', (_name, trap) => {
  test('runs no program, reveals no secret, and does not change the result', async () => {
    const folder = join('/tmp', `smol-hostile-${process.pid}`);
    const { evil, marker } = await writeEvilProgram(folder);
    try {
      stage = await setUpBridgeStage({ 'README.md': 'sample\n', ...trap.files?.(evil) });

      await runAttempt(trap, evil);

      expect(existsSync(marker), 'the bridge ran the program').toBe(false);
      const result = requireDoneResult(stage);
      expect(result.changed).toEqual([...(trap.changed ?? []), 'login.txt'].sort());
      expect(await runGit(stage.remote.directory, ['show', `${BRANCH}:login.txt`])).toBe('yes');
      expect(await findFilesWithSecrets(stage.workDir)).toEqual([]);
      expect(existsSync(join(stage.workDir, 'workspace/pwned'))).toBe(false);
      if (trap.triggerCommand === undefined) return;
      // An ordinary git runs the program, so the trap works.
      const workspace = join(stage.workDir, 'workspace');
      await runGit(workspace, trap.triggerCommand, { ...trap.triggerEnv?.(evil) }).catch(() => {});
      expect(existsSync(marker), 'an ordinary git ran the program').toBe(true);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

test('the bridge does not follow a folder that the agent replaced by a link', async () => {
  stage = await setUpBridgeStage({ 'src/a.txt': 'a\n', 'other/b.txt': 'b\n' });
  const outside = join(stage.root, 'outside');
  await mkdir(outside);
  await writeFile(join(outside, 'a.txt'), 'mine\n');
  await writeFile(join(outside, 'b.txt'), 'mine\n');
  // The bridge reverts the changes in `other`, but not through the link.
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

test('the bridge reads and writes no file on behalf of an agent', async () => {
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

test('branch names and text of the model are used neither as shell code nor as options', async () => {
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
        { text: `$(touch ${mark}) \`touch ${mark}\` --exec=touch` },
        { write: 'login.txt', content: 'yes\n' },
      ],
    ],
    { [BRIDGE_ENVIRONMENT.keepWorkDir]: '1' },
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
