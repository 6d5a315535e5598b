import { afterEach, expect, test } from 'vitest';
import type { BridgeStage } from '../../support/bridge/bridge-stage.ts';
import {
  readPrompts,
  requireDoneResult,
  setUpBridgeStage,
} from '../../support/bridge/bridge-stage.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** Long enough for a loaded machine, milliseconds. */
const WAIT_TIMEOUT_MS = 40_000;

let stage: BridgeStage;
afterEach(() => stage.close());

function waitForHangingAgent(): Promise<unknown> {
  const isHanging = async () => (await stage.readNotes()).some((note) => note.hanging);
  return waitUntil('the agent hangs', isHanging, WAIT_TIMEOUT_MS);
}

test('a message reaches the agent in its next turn and counts as seen then', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  stage.assignment.verify = [];
  const bridge = await stage.startBridge([
    [{ ask: { question: 'Wait?', timeoutMs: 60_000 } }, { write: 'a.txt', content: 'a' }],
    [{ write: 'b.txt', content: 'b' }],
  ]);
  await waitUntil('a question is put', () => stage.server.questions[0], WAIT_TIMEOUT_MS);

  stage.server.messages.push(
    { n: 1, author: 'ann@example.com', text: 'go', answers: stage.server.questions[0]?.id ?? '' },
    { n: 2, author: 'ann@example.com', text: 'Also write b.txt' },
  );
  await bridge.ended;

  expect(requireDoneResult(stage).changed).toEqual(['a.txt', 'b.txt']);
  const prompts = await readPrompts(stage);
  expect(prompts).toHaveLength(2);
  expect(prompts[1]).toContain('ann@example.com says:\nAlso write b.txt');
  expect(stage.server.transcript).toContainEqual(
    expect.objectContaining({ kind: 'user', text: 'ann@example.com: Also write b.txt' }),
  );
});

test('an urgent message interrupts the turn', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  const bridge = await stage.startBridge([
    [{ hang: true }],
    [{ write: 'login.txt', content: 'yes\n' }, { text: 'Right away.' }],
  ]);
  await waitForHangingAgent();

  stage.server.messages.push({ n: 1, author: 'ann', text: '! stop that, write the login' });
  await bridge.ended;

  expect((await readPrompts(stage))[1]).toContain('ann says:\nstop that, write the login');
  expect(requireDoneResult(stage).summary).toBe('Right away.');
});

test('a question of the agent is answered by a person', async () => {
  stage = await setUpBridgeStage({ 'login.txt': 'yes\n' });
  const bridge = await stage.startBridge([
    [{ elicit: 'Which database?', options: ['sqlite', 'postgres'], default: 'sqlite' }],
  ]);

  const question = await waitUntil(
    'a question is put',
    () => stage.server.questions[0],
    WAIT_TIMEOUT_MS,
  );
  expect(question).toMatchObject({
    text: 'Which database?',
    options: ['sqlite', 'postgres'],
    default: 'sqlite',
  });
  stage.server.messages.push({ n: 1, author: 'ann', text: 'Postgres', answers: question.id });
  await bridge.ended;

  requireDoneResult(stage);
  const answer = (await stage.readNotes()).find((note) => note.answer)?.answer;
  expect(answer).toEqual({ action: 'accept', content: { answer: 'postgres' } });
});

test('a message without a question id answers the open question, and a heartbeat reports the answer', async () => {
  stage = await setUpBridgeStage({ 'login.txt': 'yes\n' });
  stage.assignment.heartbeatMs = 50;
  const bridge = await stage.startBridge([
    [{ ask: { question: 'Which?', default: 'none', timeoutMs: 60_000 } }, { hang: true }],
  ]);
  const findQuestion = () => stage.server.questions[0];
  const question = await waitUntil('a question is put', findQuestion, WAIT_TIMEOUT_MS);

  stage.server.messages.push({ n: 1, author: 'ann', text: 'Postgres' });

  const findReport = () => stage.server.heartbeats.find(({ answered }) => answered !== undefined);
  const heartbeat = await waitUntil('a heartbeat reports it', findReport, WAIT_TIMEOUT_MS);
  expect(heartbeat).toMatchObject({ answered: question.id, messagesSeen: 1 });
  await waitForHangingAgent();
  expect(await stage.readNotes()).toContainEqual({ answer: { answer: 'Postgres' } });
  bridge.kill('SIGTERM');
  await bridge.ended;
});

test('a second question waits until the first is answered', async () => {
  stage = await setUpBridgeStage({ 'login.txt': 'yes\n' });
  const bridge = await stage.startBridge([
    [{ askAll: [{ question: 'First?' }, { question: 'Second?', default: 'b', timeoutMs: 200 }] }],
  ]);
  const first = await waitUntil(
    'a question is put',
    () => stage.server.questions[0],
    WAIT_TIMEOUT_MS,
  );
  const heartbeatCount = stage.server.heartbeats.length;
  const hasWaited = () => stage.server.heartbeats.length > heartbeatCount + 3;
  await waitUntil('three more heartbeats have come', hasWaited, WAIT_TIMEOUT_MS);
  expect(stage.server.questions).toHaveLength(1);

  stage.server.messages.push({ n: 1, author: 'ann', text: 'a', answers: first.id });
  await bridge.ended;

  expect(stage.server.questions.map((question) => question.text)).toEqual(['First?', 'Second?']);
  const answers = (await stage.readNotes()).find((note) => note.answers)?.answers;
  expect(answers).toEqual([{ answer: 'a' }, { answer: 'b' }]);
});

test('an attempt that continues a conversation does not repeat its messages', async () => {
  stage = await setUpBridgeStage({ 'login.txt': 'yes\n' });
  stage.assignment.messagesSeen = 1;
  const bridge = await stage.startBridge([
    [{ ask: { question: 'Wait?', default: 'go', timeoutMs: 60_000 } }],
    [{ text: 'Understood.' }],
  ]);
  const question = await waitUntil(
    'a question is put',
    () => stage.server.questions[0],
    WAIT_TIMEOUT_MS,
  );
  expect(stage.server.heartbeats[0]?.messagesSeen).toBe(1);

  stage.server.messages.push(
    { n: 1, author: 'ann', text: 'an old one' },
    { n: 2, author: 'ann', text: 'go', answers: question.id },
    { n: 3, author: 'ann', text: 'a new one' },
  );
  await bridge.ended;

  const prompts = (await readPrompts(stage)).join('\n');
  expect(prompts).toContain('a new one');
  expect(prompts).not.toContain('an old one');
});

test('a question without an answer gets its default', async () => {
  stage = await setUpBridgeStage({ 'login.txt': 'yes\n' });

  const bridge = await stage.startBridge([
    [{ ask: { question: 'Which?', options: ['a', 'b'], default: 'b', timeoutMs: 100 } }],
  ]);
  await bridge.ended;

  requireDoneResult(stage);
  expect(stage.server.questions).toHaveLength(1);
  expect((await stage.readNotes()).find((note) => note.answer)?.answer).toEqual({ answer: 'b' });
});

test('an interactive task waits for messages until people ask to finish', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  stage.assignment.task.interactive = true;
  const bridge = await stage.startBridge([
    [{ text: 'What shall I do?' }],
    [{ write: 'login.txt', content: 'yes\n' }],
  ]);
  await waitUntil(
    'the bridge waits for people',
    () => stage.server.heartbeats.at(-1)?.phase === 'waiting',
    WAIT_TIMEOUT_MS,
  );

  stage.server.messages.push({ n: 1, author: 'ann', text: 'Write the login' });
  await waitUntil(
    'the turn is committed and the bridge waits again',
    () => {
      const last = stage.server.heartbeats.at(-1);
      return stage.server.checkpoints.length === 1 && last?.phase === 'waiting';
    },
    WAIT_TIMEOUT_MS,
  );
  expect(stage.server.results).toEqual([]);
  expect(stage.server.heartbeats.at(-1)?.messagesSeen).toBe(1);
  stage.server.finish = true;
  await bridge.ended;

  expect(requireDoneResult(stage)).toMatchObject({
    changed: ['login.txt'],
    evidence: { green: true },
  });
});

test('the policy permits tool calls inside the workspace only', async () => {
  stage = await setUpBridgeStage({ 'login.txt': 'yes\n' });

  const bridge = await stage.startBridge([
    [
      { permission: `${stage.workDir}/workspace/new/file` },
      { permission: '/etc/passwd' },
      { permission: `${stage.workDir}/git/config` },
    ],
  ]);
  await bridge.ended;

  const answers = (await stage.readNotes()).map((note) => note.permission).filter(Boolean);
  expect(answers).toEqual(
    ['yes', 'no', 'no'].map((optionId) => ({ outcome: { outcome: 'selected', optionId } })),
  );
});
