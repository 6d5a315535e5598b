import { afterEach, expect, test } from 'vitest';
import { BRIDGE_ENVIRONMENT } from '../../../core/contract/bridge.ts';
import type { BridgeFixture } from '../../support/bridge/bridge-fixture.ts';
import {
  ATTEMPT_BRANCH,
  requireDoneResult,
  requireFailedResult,
  setUpBridgeFixture,
} from '../../support/bridge/bridge-fixture.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** Timeout of waits, milliseconds; long enough for a loaded machine. */
const WAIT_TIMEOUT_MS = 40_000;

let fixture: BridgeFixture;
afterEach(() => fixture.close());

function findLastModelReply(notes: Record<string, unknown>[]): unknown {
  return notes.findLast((note) => note.modelReply)?.modelReply;
}

test('a long Retry-After of the model fails the attempt and parks the task after two short retries', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  let refusalCount = 0;
  fixture.model.refuse = () => {
    refusalCount += 1;
    const headers = refusalCount < 3 ? { 'retry-after': '0' } : { 'retry-after': '120' };
    return { status: 429, body: '{"error":{"message":"slow down"}}', headers };
  };
  const startedAt = Date.now();

  const bridge = await fixture.startBridge([
    [{ callModel: '/chat/completions' }, { text: 'done' }],
  ]);
  await bridge.ended;

  const result = requireFailedResult(fixture);
  expect(result.cause).toBe('provider');
  expect(result.reason).toContain('slow down');
  expect(result.until).toBeGreaterThan(startedAt + 115_000);
  expect(result.until).toBeLessThan(Date.now() + 121_000);
  expect(refusalCount).toBe(3);
  expect(await fixture.remote.readHead(ATTEMPT_BRANCH)).toBeUndefined();
});

test('a temporary failure of the model is retried without an error for the agent', async () => {
  fixture = await setUpBridgeFixture({ 'login.txt': 'yes\n' });
  fixture.model.refuse = (count) =>
    count === 1 ? { status: 502, body: 'bad gateway' } : undefined;

  const bridge = await fixture.startBridge([
    [{ callModel: '/chat/completions' }, { write: 'a.txt', content: 'a' }],
  ]);
  await bridge.ended;

  expect(requireDoneResult(fixture).usage.turns).toBe(1);
  expect(findLastModelReply(await fixture.readNotes())).toMatchObject({ status: 200 });
});

test.each([
  ['a wrong key', 401, '{"error":"invalid api key"}'],
  ['a used-up quota', 429, '{"error":{"code":"insufficient_quota"}}'],
])('%s fails the attempt and parks the task without a retry', async (_name, status, body) => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  fixture.model.refuse = () => ({ status, body });

  const bridge = await fixture.startBridge([[{ callModel: '/chat/completions' }, { hang: true }]]);
  await bridge.ended;

  expect(requireFailedResult(fixture).cause).toBe('provider');
  expect(requireFailedResult(fixture).until).toBeGreaterThan(Date.now());
  expect(fixture.model.requests).toHaveLength(1);
});

test('an unreachable model endpoint fails the attempt and parks the task', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  fixture.credentials.model = { baseUrl: 'http://127.0.0.1:1/v1', apiKey: 'none', model: 'none' };

  const bridge = await fixture.startBridge([[{ callModel: '/chat/completions' }, { hang: true }]]);
  await bridge.ended;

  expect(requireFailedResult(fixture)).toMatchObject({
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
    fixture = await setUpBridgeFixture({ 'login.txt': 'yes\n' });
    fixture.model.refuse = () => ({ status, body: JSON.stringify({ error: reason }) });

    const bridge = await fixture.startBridge([
      [{ callModel: '/chat/completions' }, { text: 'done' }],
    ]);
    await bridge.ended;

    expect(requireFailedResult(fixture).cause).toBe('agent');
    expect(requireFailedResult(fixture).reason).toContain(reason);
  },
);

test.each([
  ['an error', '{"error":"overloaded"}', 'provider', 'overloaded'],
  [
    'an answer that broke off',
    'data: {"choices":[{"delta":{"content":"I wi"}}]}\n\n',
    'provider',
    'the answer broke off',
  ],
  [
    'an error of the request',
    '{"error":{"code":400,"message":"unknown tool"}}',
    'agent',
    'unknown tool',
  ],
])(
  'an agent that ends its turn after a response with status 200 and %s fails the attempt',
  async (_name, body, cause, reason) => {
    fixture = await setUpBridgeFixture({ 'login.txt': 'yes\n' });
    fixture.model.refuse = () => ({ status: 200, body });

    const bridge = await fixture.startBridge([
      [{ callModel: '/chat/completions' }, { text: 'done' }],
    ]);
    await bridge.ended;

    const result = requireFailedResult(fixture);
    expect(result.cause).toBe(cause);
    expect(result.reason).toContain(reason);
    expect(result.until === undefined).toBe(cause === 'agent');
  },
);

test('the tokens of all model APIs count; people are warned at 80% of the limit, and the attempt fails at the limit', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  fixture.assignment.limits.maxTokens = 440;

  const bridge = await fixture.startBridge([
    [
      { callModel: '/chat/completions', stream: true },
      { callModel: '/messages', stream: true },
      { callModel: '/responses', stream: true },
      { callModel: '/messages' },
      { callModel: '/chat/completions' },
      { hang: true },
    ],
  ]);
  await bridge.ended;

  const result = requireFailedResult(fixture);
  expect(result).toMatchObject({
    cause: 'limit',
    reason: 'the limit of 440 tokens is used up',
    usage: { inputTokens: 400, outputTokens: 40, usd: 0.00048, turns: 4 },
  });
  expect(fixture.controlPlane.transcript.map((entry) => entry.text)).toContain(
    '440 of 440 tokens are used; the attempt stops at 440',
  );
  expect(fixture.model.requests).toHaveLength(4);
  expect(fixture.model.requests.map((request) => request.body.model)).toEqual([
    'scripted',
    'scripted',
    'scripted',
    'scripted',
  ]);
});

test('an attempt that reaches the budget of its plan sends no further request and reports the budget', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  fixture.assignment.budget = { tokens: 110, usd: null };

  const bridge = await fixture.startBridge([
    [{ callModel: '/chat/completions' }, { callModel: '/chat/completions' }, { hang: true }],
  ]);
  await bridge.ended;

  expect(requireFailedResult(fixture)).toMatchObject({
    cause: 'budget',
    reason: 'the budget of the plan is used up',
    usage: { turns: 1 },
  });
  expect(fixture.model.requests).toHaveLength(1);
});

test('a loop of equal tool calls ends the attempt', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  const call = { tool: 'read', input: { path: 'a' } };

  const bridge = await fixture.startBridge([
    [...Array.from({ length: 8 }, () => call), { hang: true }],
  ]);
  await bridge.ended;

  expect(requireFailedResult(fixture).cause).toBe('limit');
  expect(requireFailedResult(fixture).reason).toContain(
    'the same tool call 8 times in a row: read',
  );
});

test('an agent that makes no progress fails the attempt', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  fixture.assignment.limits.idleMinutes = 0.02;

  const bridge = await fixture.startBridge([[{ hang: true }]]);
  await bridge.ended;

  expect(requireFailedResult(fixture).reason).toContain('no progress');
});

test('a crash of the agent is reported with the end of its standard error', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });

  const bridge = await fixture.startBridge([[{ crash: 7, stderr: 'out of memory' }]]);
  await bridge.ended;

  expect(requireFailedResult(fixture)).toMatchObject({
    cause: 'agent',
    reason: 'the agent ended with exit code 7\nout of memory',
  });
});

test('a missing agent program is reported', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });

  const bridge = await fixture.startBridge([], {
    [BRIDGE_ENVIRONMENT.agentCommand]: '["/nowhere/agent"]',
  });
  await bridge.ended;

  expect(requireFailedResult(fixture).cause).toBe('agent');
  expect(requireFailedResult(fixture).reason).toContain('could not be started');
});

test('an agent that gives up fails the attempt, even if verify would be green', async () => {
  fixture = await setUpBridgeFixture({ 'login.txt': 'yes\n' });

  const bridge = await fixture.startBridge([[{ text: 'I looked.\nCANNOT: there is no database' }]]);
  await bridge.ended;

  expect(requireFailedResult(fixture)).toMatchObject({
    cause: 'agent',
    reason: 'the agent gave up: there is no database',
  });
});

test('an agent whose turn ends with the stop reason max_tokens gets a prompt to continue', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });

  const bridge = await fixture.startBridge([
    [{ stop: 'max_tokens' }],
    [{ write: 'login.txt', content: 'yes\n' }],
  ]);
  await bridge.ended;

  expect(requireDoneResult(fixture).changed).toEqual(['login.txt']);
});

test('a forge that rejects the credential fails the attempt and parks the task', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  fixture.remote.refusal = { status: 401, times: 1_000 };

  const bridge = await fixture.startBridge([[{ hang: true }]]);
  await bridge.ended;

  expect(requireFailedResult(fixture).cause).toBe('forge');
  expect(requireFailedResult(fixture).until).toBeGreaterThan(Date.now());
});

test('a forge that denies access to the repository fails the attempt and does not park the task', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  fixture.remote.refusal = { status: 403, times: 1_000 };

  const bridge = await fixture.startBridge([[{ hang: true }]]);
  await bridge.ended;

  expect(requireFailedResult(fixture).cause).toBe('repository');
  expect(requireFailedResult(fixture).until).toBeUndefined();
  expect(requireFailedResult(fixture).reason).toContain('403');
});

test('the work of the agent is pushed after a temporary failure of the forge', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  const bridge = await fixture.startBridge([
    [{ ask: { question: 'Now?' } }, { write: 'login.txt', content: 'yes\n' }],
  ]);
  const question = await waitUntil(
    'the agent has asked its question',
    () => fixture.controlPlane.questions[0],
    WAIT_TIMEOUT_MS,
  );

  fixture.remote.refusal = { status: 503, times: 4 };
  fixture.controlPlane.messages.push({ n: 1, author: 'ann', text: 'now', answers: question.id });
  await bridge.ended;

  expect(fixture.remote.refusal.times).toBe(0);
  expect(await fixture.remote.readHead(ATTEMPT_BRANCH)).toBe(requireDoneResult(fixture).commit);
});

test('a 404 of the API that counts tokens is passed to the agent and does not fail the attempt', async () => {
  fixture = await setUpBridgeFixture({ 'login.txt': 'yes\n' });
  fixture.model.refuse = (count) =>
    count === 1 ? { status: 404, body: '{"error":"none"}' } : undefined;

  const bridge = await fixture.startBridge([
    [
      { callModel: '/messages/count_tokens' },
      { callModel: '/messages' },
      { write: 'a.txt', content: 'a' },
    ],
  ]);
  await bridge.ended;

  expect(requireDoneResult(fixture).usage.turns).toBe(1);
  expect((await fixture.readNotes()).find((note) => note.modelReply)?.modelReply).toMatchObject({
    status: 404,
  });
});

test('an agent whose program is not installed fails the attempt with the command that installs it', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  fixture.assignment.agent.name = 'codex';

  const bridge = await fixture.startBridge([], {
    [BRIDGE_ENVIRONMENT.agentCommand]: '',
    [BRIDGE_ENVIRONMENT.programPath]: '/usr/bin:/bin',
  });
  await bridge.ended;

  expect(requireFailedResult(fixture)).toMatchObject({
    cause: 'agent_missing',
    reason: expect.stringContaining('npm i -g @agentclientprotocol/codex-acp@'),
  });
});
