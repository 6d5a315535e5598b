import { setTimeout as delay } from 'node:timers/promises';
import type { PodTrace } from './pod-member.ts';
import { findPodMembers } from './pod-member.ts';
import type { ProcessIdentity } from './pod-record.ts';
import { isAlive } from './process-row.ts';

const POLL_MS = 25;
/** What SIGKILL does not end in that time waits for the kernel. */
const KILL_WAIT_MS = 3_000;

/** Asks the bridge to end, kills all of the pod after `graceMs`; false: something still lives. */
export async function stopPod(trace: PodTrace, graceMs: number): Promise<boolean> {
  if (graceMs > 0 && trace.bridge !== undefined && isAlive(trace.bridge)) {
    sendSignal(trace.bridge, 'SIGTERM');
    await waitUntilDead([trace.bridge], graceMs);
  }
  const end = performance.now() + KILL_WAIT_MS;
  // Whoever is killed may have started another in the meantime: look until nobody is found.
  for (let members = findPodMembers(trace); members.length > 0; members = findPodMembers(trace)) {
    if (performance.now() > end) return false;
    for (const member of members) sendSignal(member, 'SIGKILL');
    await waitUntilDead(members, end - performance.now());
  }
  return true;
}

async function waitUntilDead(
  processes: readonly ProcessIdentity[],
  timeoutMs: number,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (performance.now() < end && processes.some(isAlive)) await delay(POLL_MS);
}

function sendSignal(target: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(target)) return;
  try {
    process.kill(target.pid, name);
  } catch {
    // It ended between the look and the signal.
  }
}
