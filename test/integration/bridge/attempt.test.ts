import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { BRIDGE_ENVIRONMENT } from '../../../core/contract/bridge.ts';
import type { BridgeFixture } from '../../support/bridge/bridge-fixture.ts';
import {
  ATTEMPT_BRANCH,
  ROOT_BRANCH,
  readPrompts,
  requireDoneResult,
  requireFailedResult,
  setUpBridgeFixture,
} from '../../support/bridge/bridge-fixture.ts';
import { runGit } from '../../support/workspace/git.ts';

let fixture: BridgeFixture;
afterEach(() => fixture.close());

test('an attempt does its task, verifies the commit and pushes its branch', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });

  const bridge = await fixture.startBridge([
    [
      { tool: 'write login.txt' },
      { write: 'login.txt', content: 'yes\n' },
      { callModel: '/chat/completions', stream: true },
      { text: 'Wrote the login.' },
    ],
  ]);
  const exit = await bridge.ended;

  expect(exit).toMatchObject({ code: 0 });
  expect(fixture.controlPlane.contractViolations).toEqual([]);
  const result = requireDoneResult(fixture);
  expect(await fixture.remote.readHead(ATTEMPT_BRANCH)).toBe(result.commit);
  expect(result.evidence).toMatchObject({
    commit: result.commit,
    root: fixture.assignment.repository.root,
    green: true,
    empty: false,
  });
  expect(result.changed).toEqual(['login.txt']);
  expect(result.summary).toBe('Wrote the login.');
  expect(result.workLog).toEqual(['write login.txt']);
  expect(result.usage).toEqual({ inputTokens: 100, outputTokens: 10, usd: 0.00012, turns: 1 });
  expect(fixture.controlPlane.checkpoints[0]?.commit).toBe(result.commit);
  expect(
    await runGit(fixture.remote.directory, ['log', '-1', '--format=%an <%ae> %s', ATTEMPT_BRANCH]),
  ).toBe('Gang <gang@example.com> Add the login');
  expect(existsSync(fixture.workDir)).toBe(false);
});

test('the agent is told about a failed verify command and fixes the failure', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });

  const bridge = await fixture.startBridge([
    [{ write: 'login.txt', content: 'no\n' }],
    [{ write: 'login.txt', content: 'yes\n' }, { text: 'Fixed.' }],
  ]);
  await bridge.ended;

  const result = requireDoneResult(fixture);
  expect(result.evidence.green).toBe(true);
  expect((await readPrompts(fixture))[1]).toContain(
    '`grep -q yes login.txt` ended with exit code 1',
  );
  expect(fixture.controlPlane.checkpoints).toHaveLength(2);
  expect(await fixture.remote.readHead(ATTEMPT_BRANCH)).toBe(result.commit);
});

test('an attempt fails if verification still fails after two fixes of the agent', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });

  const bridge = await fixture.startBridge([
    [{ write: 'login.txt', content: 'no\n' }],
    [{ text: 'Hm.' }],
    [{ text: 'Hm.' }],
    [{ write: 'login.txt', content: 'yes\n' }],
  ]);
  const exit = await bridge.ended;

  expect(exit.code).toBe(0);
  const result = requireFailedResult(fixture);
  expect(result.cause).toBe('verify_red');
  expect(result.evidence).toMatchObject({ green: false, results: [{ exitCode: 1 }] });
  expect(await readPrompts(fixture)).toHaveLength(3);
});

test('a failed verification names the files that git ignores, to the agent and in the reason', async () => {
  fixture = await setUpBridgeFixture({ '.gitignore': 'build/\n' });
  fixture.assignment.verify = [['test', '-f', 'build/out.txt']];

  const bridge = await fixture.startBridge([
    [
      { write: 'build/out.txt', content: 'out\n' },
      { write: 'a.txt', content: 'a\n' },
    ],
    [{ text: 'Hm.' }],
    [{ text: 'Hm.' }],
  ]);
  await bridge.ended;

  const { cause, reason } = requireFailedResult(fixture);
  expect(cause).toBe('verify_red');
  expect(reason).toMatch(/Not committed:\n- .*build/);
  expect((await readPrompts(fixture))[1]).toMatch(/Not committed:\n- .*build/);
});

test('without verify commands the evidence is green and marked as empty, and a commit with sign-off names the author', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  fixture.assignment.verify = [];
  fixture.assignment.signOff = true;

  const bridge = await fixture.startBridge([[{ write: 'a.txt', content: 'a' }]]);
  await bridge.ended;

  const result = requireDoneResult(fixture);
  expect(result.evidence).toMatchObject({ green: true, empty: true, results: [] });
  expect(
    await runGit(fixture.remote.directory, ['log', '-1', '--format=%b', ATTEMPT_BRANCH]),
  ).toContain('Signed-off-by: Gang <gang@example.com>');
});

test('changes in the scope of another task are reverted and reported to the agent, and other changes outside the scope are flagged', async () => {
  fixture = await setUpBridgeFixture({
    'README.md': 'sample\n',
    'api/a.js': '1\n',
    'ci/test_a.py': '1\n',
  });
  fixture.assignment.task.scope = ['login.txt'];
  fixture.assignment.foreignScopes = [{ task: 'build-api', scope: ['api/', 'login.txt'] }];

  const bridge = await fixture.startBridge([
    [
      { write: 'login.txt', content: 'yes\n' },
      { write: 'api/a.js', content: '2\n' },
      { write: 'api/deep/b.js', content: 'new\n' },
      { write: '.github/workflows/ci.yml', content: 'on: push\n' },
      { remove: 'ci/test_a.py' },
    ],
    [{ text: 'I can do without.' }],
  ]);
  await bridge.ended;

  const result = requireDoneResult(fixture);
  expect(result.changed).toEqual(['.github/workflows/ci.yml', 'ci/test_a.py', 'login.txt']);
  expect(result.leftOut).toEqual([
    { path: 'api/a.js', task: 'build-api' },
    { path: 'api/deep/b.js', task: 'build-api' },
  ]);
  expect(result.flagged).toEqual([
    {
      path: '.github/workflows/ci.yml',
      why: 'changes CI; outside the scope of the task',
      kind: 'ci',
    },
    { path: 'login.txt', why: 'used by a verify command', kind: 'verify' },
    {
      path: 'ci/test_a.py',
      why: 'deletes a test; outside the scope of the task',
      kind: 'test_deleted',
    },
  ]);
  expect((await readPrompts(fixture))[1]).toContain('api/deep/b.js (belongs to task build-api)');
  expect(
    await runGit(fixture.remote.directory, ['ls-tree', '-r', '--name-only', ATTEMPT_BRANCH]),
  ).toBe('.github/workflows/ci.yml\nREADME.md\napi/a.js\nlogin.txt');
});

test('new commits of the root branch are merged before verify', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  fixture.assignment.verify = [['grep', '-q', 'yes', 'login.txt', 'other.txt']];
  const root = await fixture.pushToRootBranch({ 'other.txt': 'yes\n' });

  const bridge = await fixture.startBridge([[{ write: 'login.txt', content: 'yes\n' }]]);
  await bridge.ended;

  const result = requireDoneResult(fixture);
  expect(result.evidence.root).toBe(root);
  expect(result.changed).toEqual(['login.txt']);
  expect(await runGit(fixture.remote.directory, ['rev-parse', `${ATTEMPT_BRANCH}^2`])).toBe(root);
});

test('new root commits that conflict with the work are not merged, and the evidence is for the old root commit', async () => {
  fixture = await setUpBridgeFixture({ 'login.txt': 'maybe\n' });
  const { root } = fixture.assignment.repository;
  await fixture.pushToRootBranch({ 'login.txt': 'never\n' });

  const bridge = await fixture.startBridge([[{ write: 'login.txt', content: 'yes\n' }]]);
  await bridge.ended;

  expect(requireDoneResult(fixture).evidence).toMatchObject({ root, green: true });
  expect(await fixture.remote.readHead(ROOT_BRANCH)).not.toBe(root);
});

test('changes of set-up are not committed', async () => {
  fixture = await setUpBridgeFixture({ 'lock.txt': '1\n', 'login.txt': 'yes\n' });
  fixture.assignment.setup = [['sh', '-c', 'mkdir vendor; echo 1 > vendor/a; echo 2 > lock.txt']];

  const bridge = await fixture.startBridge([[{ write: 'new.txt', content: 'new\n' }]]);
  await bridge.ended;

  expect(requireDoneResult(fixture).changed).toEqual(['new.txt']);
  const notes = fixture.controlPlane.transcript.map(({ text }) => text);
  expect(notes).toContainEqual(expect.stringMatching(/^set-up: `sh -c .*` took /));
  expect(notes).toContainEqual(expect.stringMatching(/^verification, set-up: `sh -c .*` took /));
});

test('set-up and verification get the selected configuration files as they were before the agent', async () => {
  fixture = await setUpBridgeFixture({ 'login.txt': 'yes\n' });
  const npmrc = join(fixture.directory, 'npmrc-of-the-person');
  await writeFile(npmrc, 'registry=https://npm.example\n');
  const check = ['sh', '-c', 'grep -qx registry=https://npm.example "$HOME/.npmrc"'];
  fixture.assignment.setup = [check];
  fixture.assignment.verify = [check];

  const script = 'echo script-shell=/bin/true > "$HOME/.npmrc"; echo a > a.txt';
  const bridge = await fixture.startBridge([[{ run: ['sh', '-c', script] }]], {
    [BRIDGE_ENVIRONMENT.toolFiles]: JSON.stringify({ '.npmrc': npmrc, '.pypirc': '/missing' }),
  });
  await bridge.ended;

  expect(requireDoneResult(fixture).evidence.green).toBe(true);
});

test('a failed set-up command fails the attempt with the end of its output', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  fixture.assignment.setup = [['sh', '-c', 'echo no such package >&2; exit 4']];

  const bridge = await fixture.startBridge([]);
  await bridge.ended;

  expect(requireFailedResult(fixture)).toMatchObject({ cause: 'setup' });
  expect(requireFailedResult(fixture).reason).toContain('no such package');
});

test('an attempt reads objects from the mirror instead of fetching the objects again', async () => {
  fixture = await setUpBridgeFixture({ 'big.bin': 'x'.repeat(200_000), 'login.txt': 'yes\n' });
  const mirrorDir = `${fixture.directory}/mirrors`;

  const bridge = await fixture.startBridge([[{ write: 'a.txt', content: 'a' }, { text: 'done' }]], {
    [BRIDGE_ENVIRONMENT.mirrorDir]: mirrorDir,
    [BRIDGE_ENVIRONMENT.keepWorkDir]: '1',
  });
  await bridge.ended;

  expect(requireDoneResult(fixture).evidence.green).toBe(true);
  const objectCounts = await runGit(fixture.workDir, ['--git-dir=git', 'count-objects', '-v']);
  // The git directory of the attempt contains only the new file, tree and commit.
  expect(objectCounts).toContain('count: 3\n');
  expect(objectCounts).toContain('in-pack: 0\n');
  expect(objectCounts).toContain(`alternate: ${mirrorDir}`);
});

test('agent, set-up and verify get the tool environment, and variables of the repository take precedence', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  const check = ['sh', '-c', 'test "$JAVA_HOME $GOPROXY" = "/opt/java direct"'];
  fixture.assignment.setup = [check];
  fixture.assignment.verify = [check];
  fixture.assignment.env.GOPROXY = 'direct';
  const toolEnvironment = { JAVA_HOME: '/opt/java', GOPROXY: 'https://go.example.com' };

  const bridge = await fixture.startBridge(
    [[{ noteEnvironment: true }, { write: 'a', content: '' }]],
    {
      [BRIDGE_ENVIRONMENT.toolEnvironment]: JSON.stringify(toolEnvironment),
    },
  );
  await bridge.ended;

  expect(requireDoneResult(fixture).evidence.green).toBe(true);
  const notes = await fixture.readNotes();
  const { environment } = notes.find((note) => note.environment) ?? {};
  expect(environment).toMatchObject({ JAVA_HOME: '/opt/java', GOPROXY: 'direct' });
});

test('an attempt whose start commit is missing at the forge fails with the cause repository', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  fixture.assignment.repository.start = '1'.repeat(40);

  const bridge = await fixture.startBridge([[{ text: 'Done.' }]]);
  await bridge.ended;

  expect(requireFailedResult(fixture)).toMatchObject({
    cause: 'repository',
    reason: expect.stringContaining('1'.repeat(40)),
  });
});
