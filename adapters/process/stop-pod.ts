import { setTimeout as delay } from 'node:timers/promises';
import type { PodTrace } from './pod-member.ts';
import { findPodMembers } from './pod-member.ts';
import type { ProcessIdentity } from './pod-record.ts';
import { isAlive } from './process-row.ts';

const POLL_MS = 25;
/** Longest wait for processes after SIGKILL, milliseconds; a longer wait means that the kernel blocks a process. */
const KILL_WAIT_MS = 3_000;

/**
 * Sends SIGTERM to the bridge and, after `graceMs` milliseconds, SIGKILL to all processes of the pod. Returns false if a
 * process survives.
 */
export async function stopPod(trace: PodTrace, graceMs: number): Promise<boolean> {
  if (graceMs > 0 && trace.bridge !== undefined && isAlive(trace.bridge)) {
    sendSignal(trace.bridge, 'SIGTERM');
    await waitUntilDead([trace.bridge], graceMs);
  }
  const giveUpAt = performance.now() + KILL_WAIT_MS;
  // A process may start another process just before its end: repeat until none is found.
  for (let members = findPodMembers(trace); members.length > 0; members = findPodMembers(trace)) {
    if (performance.now() > giveUpAt) return false;
    for (const member of members) sendSignal(member, 'SIGKILL');
    await waitUntilDead(members, giveUpAt - performance.now());
  }
  return true;
}

async function waitUntilDead(
  processes: readonly ProcessIdentity[],
  timeoutMs: number,
): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs;
  while (performance.now() < giveUpAt && processes.some(isAlive)) await delay(POLL_MS);
}

function sendSignal(target: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(target)) return;
  try {
    process.kill(target.pid, name);
  } catch {
    // The process ended between the check and the signal.
  }
}
