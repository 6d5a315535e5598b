import { existsSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import type { BridgeStage } from '../../support/bridge/bridge-stage.ts';
import {
  BRANCH,
  isProcessRunning,
  requireDoneResult,
  setUpBridgeStage,
} from '../../support/bridge/bridge-stage.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** A machine that has much else to do is slow, not broken. */
const WAIT_TIMEOUT_MS = 40_000;

let stage: BridgeStage;
afterEach(() => stage.close());

/** The pid of the agent, once it hangs in its turn. */
function waitForHangingAgent(): Promise<unknown> {
  const found = async () => (await stage.readNotes()).find((note) => note.hanging)?.hanging;
  return waitUntil('the agent hangs', found, WAIT_TIMEOUT_MS);
}

const HANGING_TURNS = [[{ leave: 'process' as const }, { hang: true as const }]];

async function waitForLeftProcess(): Promise<unknown> {
  return (await stage.readNotes()).find((note) => note.left)?.left;
}

test('an attempt that has ended is stopped: agent dead, nothing pushed, nothing reported', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  const bridge = await stage.startBridge([
    [{ write: 'login.txt', content: 'yes\n' }, ...HANGING_TURNS.flat()],
  ]);
  const agent = await waitForHangingAgent();

  stage.server.interfere = () => ({ status: 409 });
  const end = await bridge.ended;

  expect(end.code).toBe(0);
  expect(isProcessRunning(agent)).toBe(false);
  expect(isProcessRunning(await waitForLeftProcess())).toBe(false);
  expect(stage.remote.pushes).toBe(0);
  expect(stage.server.results).toEqual([]);
  expect(existsSync(stage.workDir)).toBe(false);
});

test('a bridge whose heartbeats nobody answers kills its agent before the lease ends', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  stage.assignment.leaseMs = 8_000;
  const bridge = await stage.startBridge(HANGING_TURNS);
  const agent = await waitForHangingAgent();

  const silentSince = Date.now();
  stage.server.interfere = () => 'silence';
  const end = await bridge.ended;

  expect(Date.now() - silentSince).toBeLessThan(8_000);
  expect(end.code).toBe(3);
  expect(isProcessRunning(agent)).toBe(false);
  expect(stage.remote.pushes).toBe(0);
});

test('SIGTERM stops all of it without a push', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  const bridge = await stage.startBridge(HANGING_TURNS);
  const agent = await waitForHangingAgent();

  bridge.kill('SIGTERM');
  const end = await bridge.ended;

  expect(end.code).toBe(0);
  expect(isProcessRunning(agent)).toBe(false);
  expect(isProcessRunning(await waitForLeftProcess())).toBe(false);
  expect(stage.remote.pushes).toBe(0);
  expect(stage.server.results).toEqual([]);
});

test('what a killed bridge leaves behind dies and disappears with it', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  const bridge = await stage.startBridge(HANGING_TURNS);
  const agent = await waitForHangingAgent();
  const left = await waitForLeftProcess();

  bridge.kill('SIGKILL');

  await waitUntil('the agent is dead', () => !isProcessRunning(agent), WAIT_TIMEOUT_MS);
  await waitUntil('the stray process is dead', () => !isProcessRunning(left), WAIT_TIMEOUT_MS);
  await waitUntil('the folder is gone', () => !existsSync(stage.workDir), WAIT_TIMEOUT_MS);
});

test('a bridge of an attempt that ended before it started leaves quietly', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  const starting = stage.startBridge([]);
  const bridge = await starting;
  stage.server.interfere = () => ({ status: 409 });

  const end = await bridge.ended;

  expect(end.code).toBe(0);
  expect(stage.server.calls).toEqual(['start']);
});

test('calls are repeated while the API does not answer', async () => {
  stage = await setUpBridgeStage({ 'login.txt': 'yes\n' });
  const refused = new Map<string, number>();
  const bridge = await stage.startBridge([[{ say: 'done' }]]);
  stage.server.interfere = (name) => {
    const times = refused.get(name) ?? 0;
    refused.set(name, times + 1);
    return times < 2 ? { status: 503 } : undefined;
  };

  const end = await bridge.ended;

  expect(end.code).toBe(0);
  expect(requireDoneResult(stage).evidence.green).toBe(true);
  expect(stage.server.faults).toEqual([]);
});

test('a token that is not taken ends the bridge with an error', async () => {
  stage = await setUpBridgeStage({ 'login.txt': 'yes\n' });

  const bridge = await stage.startBridge([], { SMOL_ATTEMPT_TOKEN: 'another-token' });
  const end = await bridge.ended;

  expect(end.code).toBe(3);
  expect(stage.server.calls).toEqual([]);
  expect(await stage.remote.head(BRANCH)).toBeUndefined();
});
