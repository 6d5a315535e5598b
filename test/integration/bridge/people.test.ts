import { afterEach, expect, test } from 'vitest';
import type { BridgeFixture } from '../../support/bridge/bridge-fixture.ts';
import {
  readPrompts,
  requireDoneResult,
  setUpBridgeFixture,
} from '../../support/bridge/bridge-fixture.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** Timeout of waits, milliseconds; long enough for a loaded machine. */
const WAIT_TIMEOUT_MS = 40_000;

let fixture: BridgeFixture;
afterEach(() => fixture.close());

function waitForHangingAgent(): Promise<unknown> {
  const isHanging = async () => (await fixture.readNotes()).some((note) => note.hanging);
  return waitUntil('the agent hangs', isHanging, WAIT_TIMEOUT_MS);
}

test('a message of a person is part of the prompt of the next turn', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  fixture.assignment.verify = [];
  const bridge = await fixture.startBridge([
    [{ ask: { question: 'Wait?', timeoutMs: 60_000 } }, { write: 'a.txt', content: 'a' }],
    [{ write: 'b.txt', content: 'b' }],
  ]);
  await waitUntil(
    'the agent has asked a question',
    () => fixture.controlPlane.questions[0],
    WAIT_TIMEOUT_MS,
  );

  fixture.controlPlane.messages.push(
    {
      n: 1,
      author: 'ann@example.com',
      text: 'go',
      answers: fixture.controlPlane.questions[0]?.id ?? '',
    },
    { n: 2, author: 'ann@example.com', text: 'Also write b.txt' },
  );
  await bridge.ended;

  expect(requireDoneResult(fixture).changed).toEqual(['a.txt', 'b.txt']);
  const prompts = await readPrompts(fixture);
  expect(prompts).toHaveLength(2);
  expect(prompts[1]).toContain('ann@example.com says:\nAlso write b.txt');
  expect(fixture.controlPlane.transcript).toContainEqual(
    expect.objectContaining({ kind: 'user', text: 'ann@example.com: Also write b.txt' }),
  );
});

test('an urgent message interrupts the turn', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  const bridge = await fixture.startBridge([
    [{ hang: true }],
    [{ write: 'login.txt', content: 'yes\n' }, { text: 'Right away.' }],
  ]);
  await waitForHangingAgent();

  fixture.controlPlane.messages.push({ n: 1, author: 'ann', text: '! stop that, write the login' });
  await bridge.ended;

  expect((await readPrompts(fixture))[1]).toContain('ann says:\nstop that, write the login');
  expect(requireDoneResult(fixture).summary).toBe('Right away.');
});

test('a question of the agent is answered by a person', async () => {
  fixture = await setUpBridgeFixture({ 'login.txt': 'yes\n' });
  const bridge = await fixture.startBridge([
    [
      { elicit: 'Which database?', options: ['sqlite', 'postgres'], default: 'sqlite' },
      { write: 'a.txt', content: 'a' },
    ],
  ]);

  const question = await waitUntil(
    'the agent has asked a question',
    () => fixture.controlPlane.questions[0],
    WAIT_TIMEOUT_MS,
  );
  expect(question).toMatchObject({
    text: 'Which database?',
    options: ['sqlite', 'postgres'],
    default: 'sqlite',
  });
  fixture.controlPlane.messages.push({
    n: 1,
    author: 'ann',
    text: 'Postgres',
    answers: question.id,
  });
  await bridge.ended;

  requireDoneResult(fixture);
  const answer = (await fixture.readNotes()).find((note) => note.answer)?.answer;
  expect(answer).toEqual({ action: 'accept', content: { answer: 'postgres' } });
});

test('a message without a question id answers the pending question, and a heartbeat reports the answer', async () => {
  fixture = await setUpBridgeFixture({ 'login.txt': 'yes\n' });
  fixture.assignment.heartbeatMs = 50;
  const bridge = await fixture.startBridge([
    [{ ask: { question: 'Which?', default: 'none', timeoutMs: 60_000 } }, { hang: true }],
  ]);
  const findQuestion = () => fixture.controlPlane.questions[0];
  const question = await waitUntil('the agent has asked a question', findQuestion, WAIT_TIMEOUT_MS);

  fixture.controlPlane.messages.push({ n: 1, author: 'ann', text: 'Postgres' });

  const findReport = () =>
    fixture.controlPlane.heartbeats.find(({ answered }) => answered !== undefined);
  const heartbeat = await waitUntil('a heartbeat reports the answer', findReport, WAIT_TIMEOUT_MS);
  expect(heartbeat).toMatchObject({ answered: question.id, messagesSeen: 1 });
  await waitForHangingAgent();
  expect(await fixture.readNotes()).toContainEqual({ answer: { answer: 'Postgres' } });
  bridge.kill('SIGTERM');
  await bridge.ended;
});

test('a second question waits until the first is answered', async () => {
  fixture = await setUpBridgeFixture({ 'login.txt': 'yes\n' });
  const bridge = await fixture.startBridge([
    [{ askAll: [{ question: 'First?' }, { question: 'Second?', default: 'b', timeoutMs: 200 }] }],
  ]);
  const first = await waitUntil(
    'the agent has asked a question',
    () => fixture.controlPlane.questions[0],
    WAIT_TIMEOUT_MS,
  );
  const heartbeatCount = fixture.controlPlane.heartbeats.length;
  const haveHeartbeatsPassed = () => fixture.controlPlane.heartbeats.length > heartbeatCount + 3;
  await waitUntil('at least four more heartbeats have come', haveHeartbeatsPassed, WAIT_TIMEOUT_MS);
  expect(fixture.controlPlane.questions).toHaveLength(1);

  fixture.controlPlane.messages.push({ n: 1, author: 'ann', text: 'a', answers: first.id });
  await bridge.ended;

  expect(fixture.controlPlane.questions.map((question) => question.text)).toEqual([
    'First?',
    'Second?',
  ]);
  const answers = (await fixture.readNotes()).find((note) => note.answers)?.answers;
  expect(answers).toEqual([{ answer: 'a' }, { answer: 'b' }]);
});

test('a message that an earlier attempt has delivered is not delivered again', async () => {
  fixture = await setUpBridgeFixture({ 'login.txt': 'yes\n' });
  fixture.assignment.messagesSeen = 1;
  const bridge = await fixture.startBridge([
    [{ ask: { question: 'Wait?', default: 'go', timeoutMs: 60_000 } }],
    [{ text: 'Understood.' }],
  ]);
  const question = await waitUntil(
    'the agent has asked a question',
    () => fixture.controlPlane.questions[0],
    WAIT_TIMEOUT_MS,
  );
  expect(fixture.controlPlane.heartbeats[0]?.messagesSeen).toBe(1);

  fixture.controlPlane.messages.push(
    { n: 1, author: 'ann', text: 'an old message' },
    { n: 2, author: 'ann', text: 'go', answers: question.id },
    { n: 3, author: 'ann', text: 'a new message' },
  );
  await bridge.ended;

  const prompts = (await readPrompts(fixture)).join('\n');
  expect(prompts).toContain('a new message');
  expect(prompts).not.toContain('an old message');
});

test('a question without an answer gets its default', async () => {
  fixture = await setUpBridgeFixture({ 'login.txt': 'yes\n' });

  const bridge = await fixture.startBridge([
    [
      { ask: { question: 'Which?', options: ['a', 'b'], default: 'b', timeoutMs: 100 } },
      { write: 'a.txt', content: 'a' },
    ],
  ]);
  await bridge.ended;

  requireDoneResult(fixture);
  expect(fixture.controlPlane.questions).toHaveLength(1);
  expect((await fixture.readNotes()).find((note) => note.answer)?.answer).toEqual({ answer: 'b' });
});

test('an interactive task waits for messages until people ask to finish', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  fixture.assignment.task.interactive = true;
  const bridge = await fixture.startBridge([
    [{ text: 'What shall I do?' }],
    [{ write: 'login.txt', content: 'yes\n' }],
  ]);
  await waitUntil(
    'the bridge waits for people',
    () => fixture.controlPlane.heartbeats.at(-1)?.phase === 'waiting',
    WAIT_TIMEOUT_MS,
  );

  fixture.controlPlane.messages.push({ n: 1, author: 'ann', text: 'Write the login' });
  await waitUntil(
    'the turn is committed and the bridge waits again',
    () => {
      const last = fixture.controlPlane.heartbeats.at(-1);
      return fixture.controlPlane.checkpoints.length === 1 && last?.phase === 'waiting';
    },
    WAIT_TIMEOUT_MS,
  );
  expect(fixture.controlPlane.results).toEqual([]);
  expect(fixture.controlPlane.heartbeats.at(-1)?.messagesSeen).toBe(1);
  fixture.controlPlane.finish = true;
  await bridge.ended;

  expect(requireDoneResult(fixture)).toMatchObject({
    changed: ['login.txt'],
    evidence: { green: true },
  });
});

test('the bridge permits tool calls inside the workspace only', async () => {
  fixture = await setUpBridgeFixture({ 'login.txt': 'yes\n' });

  const bridge = await fixture.startBridge([
    [
      { permission: `${fixture.workDir}/workspace/new/file` },
      { permission: '/etc/passwd' },
      { permission: `${fixture.workDir}/git/config` },
    ],
  ]);
  await bridge.ended;

  const answers = (await fixture.readNotes()).map((note) => note.permission).filter(Boolean);
  expect(answers).toEqual(
    ['yes', 'no', 'no'].map((optionId) => ({ outcome: { outcome: 'selected', optionId } })),
  );
});
