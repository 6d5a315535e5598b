import { afterEach, expect, test } from 'vitest';
import { BRIDGE_ENVIRONMENT } from '../../../core/contract/bridge.ts';
import type { BridgeFixture } from '../../support/bridge/bridge-fixture.ts';
import {
  requireDoneResult,
  requireFailedResult,
  setUpBridgeFixture,
} from '../../support/bridge/bridge-fixture.ts';
import type { ChatReply, ChatServer } from '../../support/model/chat-server.ts';
import { startChatServer } from '../../support/model/chat-server.ts';

let fixture: BridgeFixture;
let chat: ChatServer;
afterEach(async () => {
  await fixture.close();
  await chat.close();
});

test('the built-in agent does a task through the model proxy', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  const calls = [
    { name: 'write_file', input: { path: 'login.txt', content: 'yes\n' } },
    { name: 'run', input: { command: ['grep', 'yes', 'login.txt'] } },
  ];
  chat = await startChatServer((_request, index) => {
    const call = calls[index];
    return call ? { calls: [call] } : { text: 'Wrote the login.' };
  });
  fixture.credentials.model = { baseUrl: chat.url, apiKey: 'the-real-key', model: 'scripted' };

  const bridge = await fixture.startBridge([], { [BRIDGE_ENVIRONMENT.agentCommand]: '' });
  await bridge.ended;

  const result = requireDoneResult(fixture);
  expect(result.changed).toEqual(['login.txt']);
  expect(result.summary).toBe('Wrote the login.');
  expect(result.usage.turns).toBe(3);
  expect(result.workLog.length).toBe(2);
  const tools = fixture.controlPlane.transcript.filter((entry) => entry.kind === 'tool');
  expect(tools).toHaveLength(2);
  expect(tools.map((entry) => entry.text).join()).not.toContain('failed');
});

test.each<[string, ChatReply, RegExp]>([
  ['empty answers', { text: '' }, /the answer is empty/],
  ['answers that break off', { hangUp: 'I will' }, /the answer broke off/],
  [
    'errors in responses with status 200',
    { status: 200, body: '{"error":"overloaded"}' },
    /overloaded/,
  ],
])(
  'a model that gives only %s parks the task, which costs no retry',
  async (_name, reply, reason) => {
    fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
    chat = await startChatServer(() => reply);
    fixture.credentials.model = { baseUrl: chat.url, apiKey: 'the-real-key', model: 'scripted' };
    const startedAt = Date.now();

    const bridge = await fixture.startBridge([], { [BRIDGE_ENVIRONMENT.agentCommand]: '' });
    await bridge.ended;

    const result = requireFailedResult(fixture);
    expect(result.cause).toBe('provider');
    expect(result.reason).toMatch(reason);
    expect(result.until).toBeGreaterThan(startedAt);
    expect(chat.requests).toHaveLength(4);
  },
);
