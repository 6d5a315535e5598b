import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Step } from '../support/agent-script.ts';
import {
  BRANCH,
  doneResult,
  leaks,
  ROOT_BRANCH,
  type Stage,
  setStage,
} from '../support/bridge-stage.ts';
import { git } from '../support/git.ts';
import { TRAPS, type Trap } from '../support/hostile-repository.ts';

// Whatever lies in a workspace, put there by the repository or by the agent: the bridge runs none of it, and no secret gets out.

let stage: Stage;
afterEach(() => stage.close());

/** A program that leaves a mark with its environment. It lies outside of everything that a test removes. */
async function placeEvil(folder: string): Promise<{ evil: string; mark: string }> {
  const evil = join(folder, 'evil.sh');
  const mark = join(folder, 'mark');
  await mkdir(folder, { recursive: true });
  await writeFile(evil, `#!/bin/sh\nenv >> ${mark}\n`, { mode: 0o755 });
  return { evil, mark };
}

/** One attempt with everything of the bridge's git on its way: checkout, commit, a merge with a moved root, verify, push. */
async function attempt(trap: Trap, evil: string): Promise<void> {
  await stage.pushRoot({ 'moved.txt': 'moved\n' });
  stage.assignment.env = { ...trap.repositoryEnv?.(evil) };
  stage.assignment.verify = [['grep', '-q', 'yes', 'login.txt']];
  stage.assignment.setup = [['true']];
  const last: Step[] = [{ write: 'login.txt', content: 'yes\n' }];
  const bridge = await stage.start(
    [[...(trap.steps?.(evil) ?? []), { write: 'login.txt', content: 'no\n' }], last],
    { SMOL_KEEP: '1', ...trap.env?.(evil) },
  );
  await bridge.ended;
}

async function filesWithSecrets(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name));
  const texts = await Promise.all(paths.map((path) => readFile(path, 'latin1')));
  return paths.filter((_, i) => leaks(texts[i] ?? '').length > 0);
}

describe.each(TRAPS.map((trap) => [trap.name, trap] as const))('%s', (_name, trap) => {
  test('runs nothing, learns nothing, and does not spoil the work', async () => {
    const where = join('/tmp', `smol-hostile-${process.pid}`);
    const { evil, mark } = await placeEvil(where);
    try {
      stage = await setStage({ 'README.md': 'sample\n', ...trap.files?.(evil) });

      await attempt(trap, evil);

      expect(existsSync(mark), 'somebody fell into it').toBe(false);
      const result = doneResult(stage);
      expect(result.changed).toEqual([...(trap.changed ?? []), 'login.txt'].sort());
      expect(await git(stage.remote.directory, ['show', `${BRANCH}:login.txt`])).toBe('yes');
      expect(await filesWithSecrets(stage.workDir)).toEqual([]);
      expect(existsSync(join(stage.workDir, 'workspace/pwned'))).toBe(false);
      if (trap.spring === undefined) return;
      // It is a real one: an ordinary git falls into it.
      const workspace = join(stage.workDir, 'workspace');
      await git(workspace, trap.spring, { ...trap.springEnv?.(evil) }).catch(() => {});
      expect(existsSync(mark), 'nobody can fall into it').toBe(true);
    } finally {
      await rm(where, { recursive: true, force: true });
    }
  });
});

test('a folder that became a link leads the bridge nowhere', async () => {
  stage = await setStage({ 'src/a.txt': 'a\n', 'other/b.txt': 'b\n' });
  const outside = join(stage.root, 'outside');
  await mkdir(outside);
  await writeFile(join(outside, 'a.txt'), 'mine\n');
  await writeFile(join(outside, 'b.txt'), 'mine\n');
  // What was changed in `other` is put back: not through the link.
  stage.assignment.task.scope = ['src/', 'login.txt'];
  stage.assignment.foreignScopes = [{ task: 'b', scope: ['other/'] }];

  const bridge = await stage.start([
    [
      { run: ['rm', '-r', 'src', 'other'] },
      { run: ['ln', '-s', outside, 'src'] },
      { run: ['ln', '-s', outside, 'other'] },
      { write: 'login.txt', content: 'yes\n' },
    ],
    [],
  ]);
  await bridge.ended;

  const result = doneResult(stage);
  expect(result.changed).toEqual(['login.txt', 'src', 'src/a.txt']);
  expect(await git(stage.remote.directory, ['show', `${BRANCH}:other/b.txt`])).toBe('b');
  for (const name of ['a.txt', 'b.txt'])
    expect(await readFile(join(outside, name), 'utf8')).toBe('mine\n');
});

test('the bridge reads and writes no file for an agent, wherever it lies', async () => {
  stage = await setStage({ 'README.md': 'sample\n' });

  const bridge = await stage.start([
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

  const notes = await stage.notes();
  const offered = notes.find((note) => 'offered' in note)?.offered;
  expect(offered).toMatchObject({ fs: { readTextFile: false, writeTextFile: false } });
  const answers = notes.flatMap(({ read, written }) => [read ?? written ?? []].flat());
  expect(answers).toEqual(
    Array.from({ length: 4 }, () => ({ refused: expect.stringContaining('Method not found') })),
  );
  expect(await git(stage.remote.directory, ['show', `${BRANCH}:login.txt`])).toBe('yes');
});

test('names of branches and words of the model reach no shell and no option', async () => {
  stage = await setStage({ 'README.md': 'sample\n' });
  const mark = join(stage.root, 'pwned');
  const root = `x$(touch${'$'}{IFS}${mark});\`id\`&|'"--upload-pack=x`;
  const { assignment } = stage;
  const { start } = assignment.repository;
  await git(stage.remote.directory, ['update-ref', `refs/heads/${root}`, start]);
  assignment.repository.rootBranch = root;
  assignment.task.title = '--amend\n$(touch pwned)';
  assignment.author = { name: 'A\n[core] fsmonitor = x', email: 'a@example.com\n--exec=x' };
  assignment.agent.model = '"};$(touch pwned)//';

  const bridge = await stage.start(
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

  const result = doneResult(stage);
  expect(result.changed).toEqual(['login.txt']);
  expect(existsSync(mark)).toBe(false);
  expect(existsSync(join(stage.workDir, 'workspace/pwned'))).toBe(false);
  const heads = await git(stage.remote.directory, ['for-each-ref', '--format=%(refname)']);
  expect(heads.split('\n').sort()).toEqual(
    [BRANCH, ROOT_BRANCH, root].map((name) => `refs/heads/${name}`).sort(),
  );
  expect(await git(stage.remote.directory, ['log', '-1', '--format=%an|%s', BRANCH])).toBe(
    'A[core] fsmonitor = x|--amend $(touch pwned)',
  );
});
