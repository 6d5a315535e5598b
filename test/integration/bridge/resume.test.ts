import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { BRIDGE_ENVIRONMENT } from '../../../core/contract/bridge.ts';
import type { BridgeFixture } from '../../support/bridge/bridge-fixture.ts';
import {
  isProcessRunning,
  readPrompts,
  requireDoneResult,
  setUpBridgeFixture,
} from '../../support/bridge/bridge-fixture.ts';
import { startChatServer } from '../../support/model/chat-server.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** Timeout of waits, milliseconds; long enough for a loaded machine. */
const WAIT_TIMEOUT_MS = 40_000;

let fixture: BridgeFixture;
afterEach(() => fixture.close());

/** Turns of an agent whose first turn fails verification and whose second turn repairs the failure. */
const RED_THEN_GREEN = [
  [{ write: 'login.txt', content: 'no\n' }, { tool: 'look around' }, { text: 'The first try.' }],
  [{ write: 'login.txt', content: 'yes\n' }, { text: 'Repaired.' }],
];

async function readSessions(): Promise<unknown[]> {
  const notes = await fixture.readNotes();
  return notes.filter((note) => 'session' in note).map((note) => note.session);
}

describe('after a failed verification, the agent is started again', () => {
  test('an agent that can resume sessions gets only the feedback', async () => {
    fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
    const capabilities = { loadSession: true, sessionCapabilities: { resume: {} } };

    const bridge = await fixture.startBridge(RED_THEN_GREEN, {}, capabilities);
    await bridge.ended;

    expect(requireDoneResult(fixture).evidence.green).toBe(true);
    expect(await readSessions()).toEqual(['new', 'resumed']);
    const [, feedback] = await readPrompts(fixture);
    expect(feedback).toMatch(/^`grep -q yes login.txt` ended with exit code 1/);
    expect(requireDoneResult(fixture).workLog).toEqual(['look around']);
  });

  test('the replay of an agent that loads sessions does not enter the transcript', async () => {
    fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });

    const bridge = await fixture.startBridge(RED_THEN_GREEN, {}, { loadSession: true });
    await bridge.ended;

    expect(requireDoneResult(fixture).summary).toBe('Repaired.');
    expect(await readSessions()).toEqual(['new', 'loaded']);
    const texts = fixture.controlPlane.transcript.map((entry) => entry.text).join('\n');
    expect(texts).toContain('The first try.');
    expect(texts).not.toContain('sent again');
  });

  test('an agent that cannot resume sessions gets the task, its conversation and the feedback', async () => {
    fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });

    const bridge = await fixture.startBridge(RED_THEN_GREEN);
    await bridge.ended;

    expect(requireDoneResult(fixture).evidence.green).toBe(true);
    expect(await readSessions()).toEqual(['new', 'new']);
    const [, prompt] = await readPrompts(fixture);
    expect(prompt).toMatch(/^# Task: Add the login/);
    expect(prompt).toContain('[agent] The first try.');
    expect(prompt).toContain('## What to do next\n\n`grep -q yes login.txt` ended with');
  });

  test('the built-in agent resumes its conversation', async () => {
    fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
    const write = (content: string) => ({
      calls: [{ name: 'write_file', input: { path: 'login.txt', content } }],
    });
    const replies = [write('no\n'), { text: 'First.' }, write('yes\n'), { text: 'Second.' }];
    const chat = await startChatServer((_request, index) => replies[index] ?? { text: '' });
    fixture.credentials.model = { baseUrl: chat.url, apiKey: 'the-real-key', model: 'scripted' };

    const bridge = await fixture.startBridge([], { [BRIDGE_ENVIRONMENT.agentCommand]: '' });
    await bridge.ended;
    await chat.close();

    expect(requireDoneResult(fixture).summary).toBe('Second.');
    const roles = chat.requests[2]?.messages.map((message) => message.role);
    expect(roles).toEqual(['system', 'user', 'assistant', 'tool', 'assistant', 'user']);
  });
});

test('a message that arrives during verification is delivered to the agent before the result', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  fixture.assignment.verify = [
    ['sh', '-c', 'test -e second.txt || while ! test -e "$GATE"; do sleep 0.05; done'],
  ];
  fixture.assignment.env.GATE = `${fixture.directory}/gate`;
  const bridge = await fixture.startBridge([
    [{ write: 'first.txt', content: '1' }],
    [{ write: 'second.txt', content: '2' }],
  ]);
  const { controlPlane } = fixture;
  const isVerifying = () => controlPlane.heartbeats.at(-1)?.phase === 'verifying';
  await waitUntil('the attempt is verified', isVerifying, WAIT_TIMEOUT_MS);

  controlPlane.messages.push({ n: 1, author: 'ann@example.com', text: 'Also write second.txt' });
  const heartbeatCount = controlPlane.heartbeats.length;
  const hasReceivedMessage = () => controlPlane.heartbeats.length > heartbeatCount + 1;
  await waitUntil('the message is received', hasReceivedMessage, WAIT_TIMEOUT_MS);
  await writeFile(join(fixture.directory, 'gate'), '');
  await bridge.ended;

  expect(requireDoneResult(fixture).changed).toEqual(['first.txt', 'second.txt']);
  expect((await readPrompts(fixture))[1]).toContain('Also write second.txt');
});

test('no process of the agent runs during verification', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  const script = 'echo $$ > "$0.pid"; exec sleep 1000';
  const leave = (name: string, ...prefix: string[]) => ({
    run: [
      'sh',
      '-c',
      '"$@" > /dev/null 2>&1 & sleep 0.3',
      'sh',
      ...prefix,
      'sh',
      '-c',
      script,
      name,
    ],
  });
  // A killed process may stay a zombie for a while.
  const failIfRunning =
    'for file in *.pid; do if grep -qs "^State:.[^ZX]" "/proc/$(cat "$file")/status"; then echo "$file"; exit 1; fi; done';
  fixture.assignment.verify = [['sh', '-c', failIfRunning]];

  const bridge = await fixture.startBridge([
    [
      leave('same-group'),
      leave('own-session', 'setsid'),
      leave('without-environment', 'env', '-i', 'setsid'),
      { startDaemon: true },
    ],
  ]);
  await bridge.ended;

  const result = requireDoneResult(fixture);
  expect(result.changed).toEqual(['own-session.pid', 'same-group.pid', 'without-environment.pid']);
  const notes = await fixture.readNotes();
  expect(isProcessRunning(notes.find((note) => note.daemon)?.daemon)).toBe(false);
});
