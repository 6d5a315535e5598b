import { existsSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { BRIDGE_ENVIRONMENT } from '../../../core/contract/bridge.ts';
import type { BridgeStage } from '../../support/bridge/bridge-stage.ts';
import {
  BRANCH,
  ROOT_BRANCH,
  readPrompts,
  requireDoneResult,
  requireFailedResult,
  setUpBridgeStage,
} from '../../support/bridge/bridge-stage.ts';
import { runGit } from '../../support/workspace/git.ts';

let stage: BridgeStage;
afterEach(() => stage.close());

test('an attempt does its task, verifies the commit and pushes its branch', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });

  const bridge = await stage.startBridge([
    [
      { tool: 'write login.txt' },
      { write: 'login.txt', content: 'yes\n' },
      { model: '/chat/completions', stream: true },
      { text: 'Wrote the login.' },
    ],
  ]);
  const end = await bridge.ended;

  expect(end).toMatchObject({ code: 0 });
  expect(stage.server.contractViolations).toEqual([]);
  const result = requireDoneResult(stage);
  expect(await stage.remote.readHead(BRANCH)).toBe(result.commit);
  expect(result.evidence).toMatchObject({
    commit: result.commit,
    root: stage.assignment.repository.root,
    green: true,
    empty: false,
  });
  expect(result.changed).toEqual(['login.txt']);
  expect(result.summary).toBe('Wrote the login.');
  expect(result.workLog).toEqual(['write login.txt']);
  expect(result.usage).toEqual({ inputTokens: 100, outputTokens: 10, usd: 0.00012, turns: 1 });
  expect(stage.server.checkpoints[0]?.commit).toBe(result.commit);
  expect(await runGit(stage.remote.directory, ['log', '-1', '--format=%an <%ae> %s', BRANCH])).toBe(
    'Gang <gang@example.com> Add the login',
  );
  expect(existsSync(stage.workDir)).toBe(false);
});

test('the agent is told about a failed verify command and fixes the failure', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });

  const bridge = await stage.startBridge([
    [{ write: 'login.txt', content: 'no\n' }],
    [{ write: 'login.txt', content: 'yes\n' }, { text: 'Fixed.' }],
  ]);
  await bridge.ended;

  const result = requireDoneResult(stage);
  expect(result.evidence.green).toBe(true);
  expect((await readPrompts(stage))[1]).toContain('`grep -q yes login.txt` ended with exit code 1');
  expect(stage.server.checkpoints).toHaveLength(2);
  expect(await stage.remote.readHead(BRANCH)).toBe(result.commit);
});

test('an attempt fails if verification still fails after two fixes of the agent', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });

  const bridge = await stage.startBridge([
    [{ write: 'login.txt', content: 'no\n' }],
    [{ text: 'Hm.' }],
    [{ text: 'Hm.' }],
    [{ write: 'login.txt', content: 'yes\n' }],
  ]);
  const end = await bridge.ended;

  expect(end.code).toBe(0);
  const result = requireFailedResult(stage);
  expect(result.cause).toBe('verify_red');
  expect(result.evidence).toMatchObject({ green: false, results: [{ exitCode: 1 }] });
  expect(await readPrompts(stage)).toHaveLength(3);
});

test('a task without changes delivers an empty commit with evidence', async () => {
  stage = await setUpBridgeStage({ 'login.txt': 'yes\n' });
  const { root } = stage.assignment.repository;

  const bridge = await stage.startBridge([[{ text: 'It is there already.' }]]);
  await bridge.ended;

  const result = requireDoneResult(stage);
  expect(result.changed).toEqual([]);
  expect(result.commit).not.toBe(root);
  expect(await runGit(stage.remote.directory, ['rev-parse', `${BRANCH}^`])).toBe(root);
  expect(result.evidence).toMatchObject({ commit: result.commit, root, green: true });
});

test('evidence without verify commands is green and marked empty', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  stage.assignment.verify = [];
  stage.assignment.signOff = true;

  const bridge = await stage.startBridge([[{ write: 'a.txt', content: 'a' }]]);
  await bridge.ended;

  const result = requireDoneResult(stage);
  expect(result.evidence).toMatchObject({ green: true, empty: true, results: [] });
  expect(await runGit(stage.remote.directory, ['log', '-1', '--format=%b', BRANCH])).toContain(
    'Signed-off-by: Gang <gang@example.com>',
  );
});

test('changes in the scope of another task are left out, reverted and reported to the agent; other changes outside the scope are flagged', async () => {
  stage = await setUpBridgeStage({
    'README.md': 'sample\n',
    'api/a.js': '1\n',
    'ci/test_a.py': '1\n',
  });
  stage.assignment.task.scope = ['login.txt'];
  stage.assignment.foreignScopes = [{ task: 'build-api', scope: ['api/', 'login.txt'] }];

  const bridge = await stage.startBridge([
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

  const result = requireDoneResult(stage);
  expect(result.changed).toEqual(['.github/workflows/ci.yml', 'ci/test_a.py', 'login.txt']);
  expect(result.leftOut).toEqual([
    { path: 'api/a.js', task: 'build-api' },
    { path: 'api/deep/b.js', task: 'build-api' },
  ]);
  expect(result.flagged).toEqual([
    { path: '.github/workflows/ci.yml', why: 'outside the scope of the task; changes CI' },
    { path: 'ci/test_a.py', why: 'outside the scope of the task; deletes a test' },
    { path: 'login.txt', why: 'used by a verify command' },
  ]);
  expect((await readPrompts(stage))[1]).toContain('api/deep/b.js (belongs to task build-api)');
  expect(await runGit(stage.remote.directory, ['ls-tree', '-r', '--name-only', BRANCH])).toBe(
    '.github/workflows/ci.yml\nREADME.md\napi/a.js\nlogin.txt',
  );
});

test('new commits of the root branch are merged before verify', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  stage.assignment.verify = [['grep', '-q', 'yes', 'login.txt', 'other.txt']];
  const root = await stage.pushRoot({ 'other.txt': 'yes\n' });

  const bridge = await stage.startBridge([[{ write: 'login.txt', content: 'yes\n' }]]);
  await bridge.ended;

  const result = requireDoneResult(stage);
  expect(result.evidence.root).toBe(root);
  expect(result.changed).toEqual(['login.txt']);
  expect(await runGit(stage.remote.directory, ['rev-parse', `${BRANCH}^2`])).toBe(root);
});

test('new root commits that conflict with the work are not merged, and the evidence names the old root commit', async () => {
  stage = await setUpBridgeStage({ 'login.txt': 'maybe\n' });
  const { root } = stage.assignment.repository;
  await stage.pushRoot({ 'login.txt': 'never\n' });

  const bridge = await stage.startBridge([[{ write: 'login.txt', content: 'yes\n' }]]);
  await bridge.ended;

  expect(requireDoneResult(stage).evidence).toMatchObject({ root, green: true });
  expect(await stage.remote.readHead(ROOT_BRANCH)).not.toBe(root);
});

test('changes of set-up are not committed', async () => {
  stage = await setUpBridgeStage({ 'lock.txt': '1\n', 'login.txt': 'yes\n' });
  stage.assignment.setup = [['sh', '-c', 'mkdir vendor; echo 1 > vendor/a; echo 2 > lock.txt']];

  const bridge = await stage.startBridge([[{ write: 'new.txt', content: 'new\n' }]]);
  await bridge.ended;

  expect(requireDoneResult(stage).changed).toEqual(['new.txt']);
});

test('a failed set-up command fails the attempt with the end of its output', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  stage.assignment.setup = [['sh', '-c', 'echo no such package >&2; exit 4']];

  const bridge = await stage.startBridge([]);
  await bridge.ended;

  expect(requireFailedResult(stage)).toMatchObject({ cause: 'setup' });
  expect(requireFailedResult(stage).reason).toContain('no such package');
});

test('an attempt borrows objects from the mirror of the machine', async () => {
  stage = await setUpBridgeStage({ 'big.bin': 'x'.repeat(200_000), 'login.txt': 'yes\n' });
  const mirrorDir = `${stage.root}/mirrors`;

  const bridge = await stage.startBridge([[{ text: 'done' }]], {
    [BRIDGE_ENVIRONMENT.mirrorDir]: mirrorDir,
    [BRIDGE_ENVIRONMENT.keepWorkDir]: '1',
  });
  await bridge.ended;

  expect(requireDoneResult(stage).evidence.green).toBe(true);
  const loose = await runGit(stage.workDir, ['--git-dir=git', 'count-objects', '-v']);
  // Only the empty commit is new.
  expect(loose).toContain('count: 1\n');
  expect(loose).toContain('in-pack: 0\n');
  expect(loose).toContain(`alternate: ${mirrorDir}`);
});
