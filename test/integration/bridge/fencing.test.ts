import { existsSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { BRIDGE_ENVIRONMENT } from '../../../core/contract/bridge.ts';
import type { BridgeStage } from '../../support/bridge/bridge-stage.ts';
import {
  BRANCH,
  isProcessRunning,
  requireDoneResult,
  setUpBridgeStage,
} from '../../support/bridge/bridge-stage.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** Long enough for a loaded machine, milliseconds. */
const WAIT_TIMEOUT_MS = 40_000;

let stage: BridgeStage;
afterEach(() => stage.close());

/** Waits until the agent hangs in its turn. Returns the pid of the agent. */
function waitForHangingAgent(): Promise<unknown> {
  const findPid = async () => (await stage.readNotes()).find((note) => note.hanging)?.hanging;
  return waitUntil('the agent hangs', findPid, WAIT_TIMEOUT_MS);
}

const HANGING_TURNS = [[{ leave: 'process' as const }, { hang: true as const }]];

/** Returns the pid of the background process of the agent. */
async function readLeftProcess(): Promise<unknown> {
  return (await stage.readNotes()).find((note) => note.left)?.left;
}

test('a 409 stops the bridge: the agent is dead, nothing is pushed and nothing is reported', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  const bridge = await stage.startBridge([
    [{ write: 'login.txt', content: 'yes\n' }, ...HANGING_TURNS.flat()],
  ]);
  const agent = await waitForHangingAgent();

  stage.server.overrideAnswer = () => ({ status: 409 });
  const end = await bridge.ended;

  expect(end.code).toBe(0);
  expect(isProcessRunning(agent)).toBe(false);
  expect(isProcessRunning(await readLeftProcess())).toBe(false);
  expect(stage.remote.pushCount).toBe(0);
  expect(stage.server.results).toEqual([]);
  expect(existsSync(stage.workDir)).toBe(false);
});

test('a bridge without heartbeat answers kills its agent before the lease ends', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  stage.assignment.leaseMs = 8_000;
  const bridge = await stage.startBridge(HANGING_TURNS);
  const agent = await waitForHangingAgent();

  const silentSince = Date.now();
  stage.server.overrideAnswer = () => 'silence';
  const end = await bridge.ended;

  expect(Date.now() - silentSince).toBeLessThan(8_000);
  expect(end.code).toBe(3);
  expect(isProcessRunning(agent)).toBe(false);
  expect(stage.remote.pushCount).toBe(0);
});

test('SIGTERM stops the bridge and all its processes without a push', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  const bridge = await stage.startBridge(HANGING_TURNS);
  const agent = await waitForHangingAgent();

  bridge.kill('SIGTERM');
  const end = await bridge.ended;

  expect(end.code).toBe(0);
  expect(isProcessRunning(agent)).toBe(false);
  expect(isProcessRunning(await readLeftProcess())).toBe(false);
  expect(stage.remote.pushCount).toBe(0);
  expect(stage.server.results).toEqual([]);
});

test('the processes and the folder of a killed bridge are cleaned up', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  const bridge = await stage.startBridge(HANGING_TURNS);
  const agent = await waitForHangingAgent();
  const left = await readLeftProcess();

  bridge.kill('SIGKILL');

  await waitUntil('the agent is dead', () => !isProcessRunning(agent), WAIT_TIMEOUT_MS);
  await waitUntil('the stray process is dead', () => !isProcessRunning(left), WAIT_TIMEOUT_MS);
  await waitUntil('the folder is gone', () => !existsSync(stage.workDir), WAIT_TIMEOUT_MS);
});

test('a bridge whose attempt has ended before the start exits with code 0', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  const bridge = await stage.startBridge([]);
  stage.server.overrideAnswer = () => ({ status: 409 });

  const end = await bridge.ended;

  expect(end.code).toBe(0);
  expect(stage.server.calls).toEqual(['start']);
});

test('callbacks are retried while the API answers 503', async () => {
  stage = await setUpBridgeStage({ 'login.txt': 'yes\n' });
  const refusalCounts = new Map<string, number>();
  const bridge = await stage.startBridge([[{ text: 'done' }]]);
  stage.server.overrideAnswer = (callback) => {
    const count = refusalCounts.get(callback) ?? 0;
    refusalCounts.set(callback, count + 1);
    return count < 2 ? { status: 503 } : undefined;
  };

  const end = await bridge.ended;

  expect(end.code).toBe(0);
  expect(requireDoneResult(stage).evidence.green).toBe(true);
  expect(stage.server.contractViolations).toEqual([]);
});

test('a refused token ends the bridge with exit code 3', async () => {
  stage = await setUpBridgeStage({ 'login.txt': 'yes\n' });

  const bridge = await stage.startBridge([], { [BRIDGE_ENVIRONMENT.token]: 'another-token' });
  const end = await bridge.ended;

  expect(end.code).toBe(3);
  expect(stage.server.calls).toEqual([]);
  expect(await stage.remote.readHead(BRANCH)).toBeUndefined();
});
