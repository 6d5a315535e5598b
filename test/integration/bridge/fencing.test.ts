import { existsSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { BRIDGE_ENVIRONMENT } from '../../../core/contract/bridge.ts';
import type { BridgeFixture } from '../../support/bridge/bridge-fixture.ts';
import {
  ATTEMPT_BRANCH,
  isProcessRunning,
  requireDoneResult,
  setUpBridgeFixture,
} from '../../support/bridge/bridge-fixture.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** Timeout of waits, milliseconds; long enough for a loaded machine. */
const WAIT_TIMEOUT_MS = 40_000;

let fixture: BridgeFixture;
afterEach(() => fixture.close());

/** Waits until the agent hangs in its turn. Returns the pid of the agent. */
function waitForHangingAgent(): Promise<unknown> {
  const findPid = async () => (await fixture.readNotes()).find((note) => note.hanging)?.hanging;
  return waitUntil('the agent hangs', findPid, WAIT_TIMEOUT_MS);
}

const HANGING_TURNS = [[{ startDaemon: true as const }, { hang: true as const }]];

/** Returns the pid of the background process that the agent started. */
async function readDaemonPid(): Promise<unknown> {
  return (await fixture.readNotes()).find((note) => note.daemon)?.left;
}

test('after the answer 409 the bridge kills the agent, pushes nothing and reports no result', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  const bridge = await fixture.startBridge([
    [{ write: 'login.txt', content: 'yes\n' }, ...HANGING_TURNS.flat()],
  ]);
  const agentPid = await waitForHangingAgent();

  fixture.controlPlane.overrideAnswer = () => ({ status: 409 });
  const exit = await bridge.ended;

  expect(exit.code).toBe(0);
  expect(isProcessRunning(agentPid)).toBe(false);
  expect(isProcessRunning(await readDaemonPid())).toBe(false);
  expect(fixture.remote.pushCount).toBe(0);
  expect(fixture.controlPlane.results).toEqual([]);
  expect(existsSync(fixture.workDir)).toBe(false);
});

test('a bridge whose heartbeats get no answer kills its agent before the lease ends', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  fixture.assignment.leaseMs = 8_000;
  const bridge = await fixture.startBridge(HANGING_TURNS);
  const agentPid = await waitForHangingAgent();

  const silentSince = Date.now();
  fixture.controlPlane.overrideAnswer = () => 'silence';
  const exit = await bridge.ended;

  expect(Date.now() - silentSince).toBeLessThan(8_000);
  expect(exit.code).toBe(3);
  expect(isProcessRunning(agentPid)).toBe(false);
  expect(fixture.remote.pushCount).toBe(0);
});

test('SIGTERM stops the bridge and all its processes without a push', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  const bridge = await fixture.startBridge(HANGING_TURNS);
  const agentPid = await waitForHangingAgent();

  bridge.kill('SIGTERM');
  const exit = await bridge.ended;

  expect(exit.code).toBe(0);
  expect(isProcessRunning(agentPid)).toBe(false);
  expect(isProcessRunning(await readDaemonPid())).toBe(false);
  expect(fixture.remote.pushCount).toBe(0);
  expect(fixture.controlPlane.results).toEqual([]);
});

test('after SIGKILL of the bridge its processes are killed and its folder is removed', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  const bridge = await fixture.startBridge(HANGING_TURNS);
  const agentPid = await waitForHangingAgent();
  const daemonPid = await readDaemonPid();

  bridge.kill('SIGKILL');

  await waitUntil('the agent is dead', () => !isProcessRunning(agentPid), WAIT_TIMEOUT_MS);
  await waitUntil('the daemon is dead', () => !isProcessRunning(daemonPid), WAIT_TIMEOUT_MS);
  await waitUntil('the folder is gone', () => !existsSync(fixture.workDir), WAIT_TIMEOUT_MS);
});

test('a bridge whose attempt has ended before the start exits with code 0', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  const bridge = await fixture.startBridge([]);
  fixture.controlPlane.overrideAnswer = () => ({ status: 409 });

  const exit = await bridge.ended;

  expect(exit.code).toBe(0);
  expect(fixture.controlPlane.calls).toEqual(['start']);
});

test('callbacks are retried while the API answers 503', async () => {
  fixture = await setUpBridgeFixture({ 'login.txt': 'yes\n' });
  const refusalCounts = new Map<string, number>();
  const bridge = await fixture.startBridge([[{ write: 'login.txt', content: 'yes, again\n' }]]);
  fixture.controlPlane.overrideAnswer = (callback) => {
    const count = refusalCounts.get(callback) ?? 0;
    refusalCounts.set(callback, count + 1);
    return count < 2 ? { status: 503 } : undefined;
  };

  const exit = await bridge.ended;

  expect(exit.code).toBe(0);
  expect(requireDoneResult(fixture).evidence.green).toBe(true);
  expect(fixture.controlPlane.contractViolations).toEqual([]);
});

test('a refused token ends the bridge with exit code 3', async () => {
  fixture = await setUpBridgeFixture({ 'login.txt': 'yes\n' });

  const bridge = await fixture.startBridge([], { [BRIDGE_ENVIRONMENT.token]: 'another-token' });
  const exit = await bridge.ended;

  expect(exit.code).toBe(3);
  expect(fixture.controlPlane.calls).toEqual([]);
  expect(await fixture.remote.readHead(ATTEMPT_BRANCH)).toBeUndefined();
});
