import { setTimeout as delay } from 'node:timers/promises';
import { sendSignal } from '../../core/base/send-signal.ts';
import type { PodIdentity } from './pod-member.ts';
import { findPodMembers } from './pod-member.ts';
import type { ProcessIdentity } from './pod-record.ts';
import { isAlive } from './process-row.ts';

const POLL_MS = 25;
/** Maximum time for processes to end after SIGKILL, in milliseconds. A process that takes longer is blocked in the kernel. */
const KILL_WAIT_MS = 3_000;

/**
 * Sends SIGTERM to the bridge and waits up to `graceMs` milliseconds for its end, then sends SIGKILL to all remaining processes of
 * the pod. Returns false if a process survives.
 */
export async function stopPod(pod: PodIdentity, graceMs: number): Promise<boolean> {
  if (graceMs > 0 && pod.bridge !== undefined && isAlive(pod.bridge)) {
    signalProcess(pod.bridge, 'SIGTERM');
    await waitUntilDead([pod.bridge], graceMs);
  }
  const giveUpAt = performance.now() + KILL_WAIT_MS;
  // A process may start another process just before it ends, so the search repeats until no process is found.
  for (let members = findPodMembers(pod); members.length > 0; members = findPodMembers(pod)) {
    if (performance.now() > giveUpAt) return false;
    for (const member of members) signalProcess(member, 'SIGKILL');
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

/** Sends a signal unless the process id belongs to another process by now. */
export function signalProcess(target: ProcessIdentity, signal: NodeJS.Signals): void {
  if (isAlive(target)) sendSignal(target.pid, signal);
}
