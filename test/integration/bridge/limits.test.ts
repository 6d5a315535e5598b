import { afterEach, expect, test } from 'vitest';
import { BRIDGE_ENVIRONMENT } from '../../../core/contract/bridge.ts';
import type { BridgeStage } from '../../support/bridge/bridge-stage.ts';
import {
  BRANCH,
  requireDoneResult,
  requireFailedResult,
  setUpBridgeStage,
} from '../../support/bridge/bridge-stage.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** Long enough for a loaded machine, milliseconds. */
const WAIT_TIMEOUT_MS = 40_000;

let stage: BridgeStage;
afterEach(() => stage.close());

function findLastModelAnswer(notes: Record<string, unknown>[]): unknown {
  return notes.findLast((note) => note.model)?.model;
}

test('a long Retry-After of the model parks the attempt after two short retries', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  let refusals = 0;
  stage.model.refuse = () => {
    refusals += 1;
    const headers = refusals < 3 ? { 'retry-after': '0' } : { 'retry-after': '120' };
    return { status: 429, body: '{"error":{"message":"slow down"}}', headers };
  };
  const startedAt = Date.now();

  const bridge = await stage.startBridge([[{ model: '/chat/completions' }, { text: 'done' }]]);
  await bridge.ended;

  const result = requireFailedResult(stage);
  expect(result.cause).toBe('provider');
  expect(result.reason).toContain('slow down');
  expect(result.until).toBeGreaterThan(startedAt + 115_000);
  expect(result.until).toBeLessThan(Date.now() + 121_000);
  expect(refusals).toBe(3);
  expect(await stage.remote.readHead(BRANCH)).toBeUndefined();
});

test('a temporary failure of the model is retried without an error for the agent', async () => {
  stage = await setUpBridgeStage({ 'login.txt': 'yes\n' });
  stage.model.refuse = (count) => (count === 1 ? { status: 502, body: 'bad gateway' } : undefined);

  const bridge = await stage.startBridge([[{ model: '/chat/completions' }]]);
  await bridge.ended;

  expect(requireDoneResult(stage).usage.turns).toBe(1);
  expect(findLastModelAnswer(await stage.readNotes())).toMatchObject({ status: 200 });
});

test.each([
  ['a wrong key', 401, '{"error":"invalid api key"}'],
  ['a used-up quota', 429, '{"error":{"code":"insufficient_quota"}}'],
])('%s parks the attempt without a retry', async (_name, status, body) => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  stage.model.refuse = () => ({ status, body });

  const bridge = await stage.startBridge([[{ model: '/chat/completions' }, { hang: true }]]);
  await bridge.ended;

  expect(requireFailedResult(stage).cause).toBe('provider');
  expect(requireFailedResult(stage).until).toBeGreaterThan(Date.now());
  expect(stage.model.requests).toHaveLength(1);
});

test('an unreachable model endpoint parks the attempt', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  stage.credentials.model = { baseUrl: 'http://127.0.0.1:1/v1', apiKey: 'none', model: 'none' };

  const bridge = await stage.startBridge([[{ model: '/chat/completions' }, { hang: true }]]);
  await bridge.ended;

  expect(requireFailedResult(stage)).toMatchObject({
    cause: 'provider',
    reason: 'the model endpoint cannot be reached',
  });
});

test.each([
  [400, 'context too long'],
  [404, 'no such model'],
])(
  'an agent that ends its turn after a refusal with status %i fails the attempt',
  async (status, reason) => {
    stage = await setUpBridgeStage({ 'login.txt': 'yes\n' });
    stage.model.refuse = () => ({ status, body: JSON.stringify({ error: reason }) });

    const bridge = await stage.startBridge([[{ model: '/chat/completions' }, { text: 'done' }]]);
    await bridge.ended;

    expect(requireFailedResult(stage).cause).toBe('agent');
    expect(requireFailedResult(stage).reason).toContain(reason);
  },
);

test('tokens of every API are counted, with a warning at 80% and a refusal at the limit', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  stage.assignment.limits.maxTokens = 440;

  const bridge = await stage.startBridge([
    [
      { model: '/chat/completions', stream: true },
      { model: '/messages', stream: true },
      { model: '/responses', stream: true },
      { model: '/messages' },
      { model: '/chat/completions' },
      { hang: true },
    ],
  ]);
  await bridge.ended;

  const result = requireFailedResult(stage);
  expect(result).toMatchObject({
    cause: 'limit',
    reason: 'the limit of 440 tokens is used up',
    usage: { inputTokens: 400, outputTokens: 40, usd: 0.00048, turns: 4 },
  });
  expect(stage.server.transcript.map((entry) => entry.text)).toContain(
    '440 of 440 tokens are used; the attempt stops at 440',
  );
  expect(stage.model.requests).toHaveLength(4);
  expect(stage.model.requests.map((request) => request.body.model)).toEqual([
    'scripted',
    'scripted',
    'scripted',
    'scripted',
  ]);
});

test('a loop of equal tool calls ends the attempt', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  const call = { tool: 'read', input: { path: 'a' } };

  const bridge = await stage.startBridge([
    [...Array.from({ length: 8 }, () => call), { hang: true }],
  ]);
  await bridge.ended;

  expect(requireFailedResult(stage).cause).toBe('limit');
  expect(requireFailedResult(stage).reason).toContain('the same tool call 8 times in a row: read');
});

test('an agent that makes no progress fails the attempt', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  stage.assignment.limits.idleMinutes = 0.02;

  const bridge = await stage.startBridge([[{ hang: true }]]);
  await bridge.ended;

  expect(requireFailedResult(stage).reason).toContain('no progress');
});

test('a crash of the agent is reported with the end of its standard error', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });

  const bridge = await stage.startBridge([[{ crash: 7, stderr: 'out of memory' }]]);
  await bridge.ended;

  expect(requireFailedResult(stage)).toMatchObject({
    cause: 'agent',
    reason: 'the agent ended with exit code 7\nout of memory',
  });
});

test('a missing agent program is reported', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });

  const bridge = await stage.startBridge([], {
    [BRIDGE_ENVIRONMENT.agentCommand]: '["/nowhere/agent"]',
  });
  await bridge.ended;

  expect(requireFailedResult(stage).cause).toBe('agent');
  expect(requireFailedResult(stage).reason).toContain('could not be started');
});

test('an agent that gives up fails the attempt, even if verify would be green', async () => {
  stage = await setUpBridgeStage({ 'login.txt': 'yes\n' });

  const bridge = await stage.startBridge([[{ text: 'I looked.\nCANNOT: there is no database' }]]);
  await bridge.ended;

  expect(requireFailedResult(stage)).toMatchObject({
    cause: 'agent',
    reason: 'the agent gave up: there is no database',
  });
});

test('an agent that reaches its token limit gets a prompt to continue', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });

  const bridge = await stage.startBridge([
    [{ stop: 'max_tokens' }],
    [{ write: 'login.txt', content: 'yes\n' }],
  ]);
  await bridge.ended;

  expect(requireDoneResult(stage).changed).toEqual(['login.txt']);
});

test('a forge that rejects the credential parks the attempt', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  stage.remote.refuse = { status: 401, times: 1_000 };

  const bridge = await stage.startBridge([[{ hang: true }]]);
  await bridge.ended;

  expect(requireFailedResult(stage).cause).toBe('forge');
  expect(requireFailedResult(stage).until).toBeGreaterThan(Date.now());
});

test('a refused access to the repository fails the attempt without a pause', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  stage.remote.refuse = { status: 403, times: 1_000 };

  const bridge = await stage.startBridge([[{ hang: true }]]);
  await bridge.ended;

  expect(requireFailedResult(stage).cause).toBe('infra');
  expect(requireFailedResult(stage).until).toBeUndefined();
  expect(requireFailedResult(stage).reason).toContain('403');
});

test('the work of the agent is pushed after a temporary failure of the forge', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  const bridge = await stage.startBridge([
    [{ ask: { question: 'Now?' } }, { write: 'login.txt', content: 'yes\n' }],
  ]);
  const question = await waitUntil(
    'the agent is at work',
    () => stage.server.questions[0],
    WAIT_TIMEOUT_MS,
  );

  stage.remote.refuse = { status: 503, times: 4 };
  stage.server.messages.push({ n: 1, author: 'ann', text: 'now', answers: question.id });
  await bridge.ended;

  expect(stage.remote.refuse.times).toBe(0);
  expect(await stage.remote.readHead(BRANCH)).toBe(requireDoneResult(stage).commit);
});

test('a missing token counting API is passed to the agent as 404', async () => {
  stage = await setUpBridgeStage({ 'login.txt': 'yes\n' });
  stage.model.refuse = (count) =>
    count === 1 ? { status: 404, body: '{"error":"none"}' } : undefined;

  const bridge = await stage.startBridge([
    [{ model: '/messages/count_tokens' }, { model: '/messages' }],
  ]);
  await bridge.ended;

  expect(requireDoneResult(stage).usage.turns).toBe(1);
  expect((await stage.readNotes()).find((note) => note.model)?.model).toMatchObject({
    status: 404,
  });
});
