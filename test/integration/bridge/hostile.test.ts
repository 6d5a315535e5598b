import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { BRIDGE_ENVIRONMENT } from '../../../core/contract/bridge.ts';
import type { AgentStep } from '../../support/bridge/agent-script.ts';
import type { BridgeFixture } from '../../support/bridge/bridge-fixture.ts';
import {
  ATTEMPT_BRANCH,
  findLeakedSecrets,
  ROOT_BRANCH,
  requireDoneResult,
  requireFailedResult,
  setUpBridgeFixture,
} from '../../support/bridge/bridge-fixture.ts';
import type { Trap } from '../../support/bridge/hostile-repository.ts';
import { TRAPS } from '../../support/bridge/hostile-repository.ts';
import { runGit } from '../../support/workspace/git.ts';

// With a hostile repository or agent, the bridge runs no program of the workspace, and no secret leaves the bridge.

let fixture: BridgeFixture;
afterEach(() => fixture.close());

/** Writes a program that appends its environment to a marker file, which shows that the program has run. */
async function writeEvilProgram(
  folder: string,
): Promise<{ readonly evil: string; readonly marker: string }> {
  const evil = join(folder, 'evil.sh');
  const marker = join(folder, 'marker');
  await mkdir(folder, { recursive: true });
  await writeFile(evil, `#!/bin/sh\nenv >> ${marker}\n`, { mode: 0o755 });
  return { evil, marker };
}

/** Runs an attempt in which the bridge uses git for checkout, commit, a merge of a new root commit, verify and push. */
async function runAttempt(trap: Trap, evil: string): Promise<void> {
  await fixture.pushToRootBranch({ 'moved.txt': 'moved\n' });
  fixture.assignment.env = { ...trap.repositoryEnv?.(evil) };
  fixture.assignment.verify = [['grep', '-q', 'yes', 'login.txt']];
  fixture.assignment.setup = [['true']];
  const lastTurn: AgentStep[] = [{ write: 'login.txt', content: 'yes\n' }];
  const bridge = await fixture.startBridge(
    [[...(trap.steps?.(evil) ?? []), { write: 'login.txt', content: 'no\n' }], lastTurn],
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

describe.each(TRAPS.map((trap) => [trap.name, trap] as const))(
  'a workspace with %s',
  (_name, trap) => {
    test('makes the bridge run no program and reveal no secret, and does not change the result', async () => {
      const folder = join('/tmp', `smol-hostile-${process.pid}`);
      const { evil, marker } = await writeEvilProgram(folder);
      try {
        fixture = await setUpBridgeFixture({ 'README.md': 'sample\n', ...trap.files?.(evil) });

        await runAttempt(trap, evil);

        expect(existsSync(marker), 'the bridge ran the program').toBe(false);
        const result = requireDoneResult(fixture);
        expect(result.changed).toEqual([...(trap.changed ?? []), 'login.txt'].sort());
        expect(
          await runGit(fixture.remote.directory, ['show', `${ATTEMPT_BRANCH}:login.txt`]),
        ).toBe('yes');
        expect(await findFilesWithSecrets(fixture.workDir)).toEqual([]);
        expect(existsSync(join(fixture.workDir, 'workspace/pwned'))).toBe(false);
        if (trap.triggerCommand === undefined) return;
        // Checks the trap itself: an ordinary git must run the program.
        const workspace = join(fixture.workDir, 'workspace');
        await runGit(workspace, trap.triggerCommand, { ...trap.triggerEnv?.(evil) }).catch(
          () => {},
        );
        expect(existsSync(marker), 'an ordinary git ran the program').toBe(true);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  },
);

test('the bridge does not follow a folder that the agent replaced by a link', async () => {
  fixture = await setUpBridgeFixture({ 'src/a.txt': 'a\n', 'other/b.txt': 'b\n' });
  const outside = join(fixture.directory, 'outside');
  await mkdir(outside);
  await writeFile(join(outside, 'a.txt'), 'mine\n');
  await writeFile(join(outside, 'b.txt'), 'mine\n');
  // The bridge reverts the changes in `other`, but not through the link.
  fixture.assignment.task.scope = ['src/', 'login.txt'];
  fixture.assignment.foreignScopes = [{ task: 'b', scope: ['other/'] }];

  const bridge = await fixture.startBridge([
    [
      { run: ['rm', '-r', 'src', 'other'] },
      { run: ['ln', '-s', outside, 'src'] },
      { run: ['ln', '-s', outside, 'other'] },
      { write: 'login.txt', content: 'yes\n' },
    ],
    [],
  ]);
  await bridge.ended;

  const result = requireDoneResult(fixture);
  expect(result.changed).toEqual(['login.txt', 'src', 'src/a.txt']);
  expect(await runGit(fixture.remote.directory, ['show', `${ATTEMPT_BRANCH}:other/b.txt`])).toBe(
    'b',
  );
  for (const name of ['a.txt', 'b.txt'])
    expect(await readFile(join(outside, name), 'utf8')).toBe('mine\n');
});

test('the bridge commits nothing if the agent replaces the workspace by a link to another folder', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  fixture.assignment.verify = [];
  const victim = join(fixture.directory, 'victim');
  await mkdir(victim);
  await writeFile(join(victim, 'private.key'), 'private\n');
  const script = `workspace=$PWD; cd .. && mv "$workspace" moved && ln -s '${victim}' "$workspace"`;

  const bridge = await fixture.startBridge([[{ run: ['sh', '-c', script] }, { text: 'Done.' }]], {
    [BRIDGE_ENVIRONMENT.isolation]: 'processes',
  });
  await bridge.ended;

  expect(requireFailedResult(fixture)).toMatchObject({
    cause: 'agent',
    reason: expect.stringContaining('the folder of the workspace was replaced'),
  });
  expect(await fixture.remote.readHead(ATTEMPT_BRANCH)).toBeUndefined();
  expect(await readdir(victim)).toEqual(['private.key']);
});

test('the bridge reads and writes no file on behalf of an agent', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });

  const bridge = await fixture.startBridge([
    [
      { noteEnvironment: true },
      { acpRead: '/proc/self/environ' },
      { acpRead: 'README.md' },
      { acpWrite: '../pwned', content: 'x' },
      { acpWrite: 'login.txt', content: 'no\n' },
      { write: 'login.txt', content: 'yes\n' },
    ],
  ]);
  await bridge.ended;

  const notes = await fixture.readNotes();
  const environmentNote = notes.find((note) => 'clientCapabilities' in note);
  expect(environmentNote?.clientCapabilities).toMatchObject({
    fs: { readTextFile: false, writeTextFile: false },
  });
  const answers = notes.flatMap(({ acpRead, acpWrite }) => [acpRead ?? acpWrite ?? []].flat());
  expect(answers).toEqual(
    Array.from({ length: 4 }, () => ({ refused: expect.stringContaining('Method not found') })),
  );
  expect(await runGit(fixture.remote.directory, ['show', `${ATTEMPT_BRANCH}:login.txt`])).toBe(
    'yes',
  );
});

test('branch names and text of the model are used neither as shell code nor as options', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  const marker = join(fixture.directory, 'pwned');
  const rootBranch = `x$(touch${'$'}{IFS}${marker});\`id\`&|'"--upload-pack=x`;
  const { assignment } = fixture;
  const { start } = assignment.repository;
  await runGit(fixture.remote.directory, ['update-ref', `refs/heads/${rootBranch}`, start]);
  assignment.repository.rootBranch = rootBranch;
  assignment.task.title = '--amend\n$(touch pwned)\0';
  assignment.author = { name: 'A\n[core] fsmonitor = x', email: 'a@example.com\n--exec=x' };
  assignment.agent.model = '"};$(touch pwned)//';

  const bridge = await fixture.startBridge(
    [
      [
        {
          tool: `$(touch ${marker})`,
          input: { path: '../../etc/passwd', command: `touch ${marker}` },
        },
        { text: `$(touch ${marker}) \`touch ${marker}\` --exec=touch` },
        { write: 'login.txt', content: 'yes\n' },
      ],
    ],
    { [BRIDGE_ENVIRONMENT.keepWorkDir]: '1' },
  );
  await bridge.ended;

  const result = requireDoneResult(fixture);
  expect(result.changed).toEqual(['login.txt']);
  expect(existsSync(marker)).toBe(false);
  expect(existsSync(join(fixture.workDir, 'workspace/pwned'))).toBe(false);
  const heads = await runGit(fixture.remote.directory, ['for-each-ref', '--format=%(refname)']);
  expect(heads.split('\n').sort()).toEqual(
    [ATTEMPT_BRANCH, ROOT_BRANCH, rootBranch].map((name) => `refs/heads/${name}`).sort(),
  );
  expect(
    await runGit(fixture.remote.directory, ['log', '-1', '--format=%an|%s', ATTEMPT_BRANCH]),
  ).toBe('A[core] fsmonitor = x|--amend $(touch pwned)');
});
