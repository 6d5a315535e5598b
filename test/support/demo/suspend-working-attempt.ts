import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PodIdentity } from '../../../adapters/process/pod-member.ts';
import { findPodMembers } from '../../../adapters/process/pod-member.ts';
import type { PodRecord, ProcessIdentity } from '../../../adapters/process/pod-record.ts';
import { readPodRecord } from '../../../adapters/process/pod-record.ts';
import type { ProcessRow } from '../../../adapters/process/process-row.ts';
import { isAlive } from '../../../adapters/process/process-row.ts';
import { signalProcess } from '../../../adapters/process/stop-pod.ts';
import type { AttemptKey } from '../../../core/contract/id.ts';
import { parseAttemptId } from '../../../core/contract/id.ts';
import { readCommandLine } from '../process/process-scan.ts';
import { waitUntil } from '../wait-until.ts';
import type { DemoProcess } from './demo-process.ts';

// An orphan is an attempt whose processes are suspended (SIGSTOP) and which the launcher no longer finds, as if its machine
// were suspended and unreachable. The platform cannot end an orphan, and the orphan may continue after the next attempt has
// started.

/** An attempt whose processes were suspended with SIGSTOP. */
export type Orphan = {
  readonly attempt: AttemptKey;
  /** Returns whether the bridge is alive and suspended. */
  isSuspended(): Promise<boolean>;
  /** Hides the attempt from the launcher; its processes stay alive. */
  hideFromPlatform(): Promise<void>;
  /** Continues the suspended processes (SIGCONT). */
  resume(): void;
  /** Waits until all processes of the attempt have exited; returns the log of the bridge. */
  waitUntilEnded(): Promise<string>;
};

const FIND_TIMEOUT_MS = 60_000;
const END_TIMEOUT_MS = 30_000;

/** Suspends the first attempt whose agent is working, before the bridge has pushed or reported a result. */
export function suspendWorkingAttempt(demo: DemoProcess): Promise<Orphan> {
  const podsFolder = join(demo.workspace.dataDir, 'attempts', 'pods');
  const find = async () => {
    for (const name of await readdir(podsFolder).catch(() => [])) {
      const folder = join(podsFolder, name);
      const record = await readPodRecord(folder).catch(() => undefined);
      const orphan = record && (await suspendPod(folder, record));
      if (orphan !== undefined) return orphan;
    }
    return undefined;
  };
  return waitUntil('an agent is at work', find, FIND_TIMEOUT_MS);
}

/** Suspends the processes of a pod if its agent is working; otherwise leaves the pod running and returns undefined. */
async function suspendPod(folder: string, record: PodRecord): Promise<Orphan | undefined> {
  const attempt = parseAttemptId(record.attemptId);
  const { uid, bridge } = record;
  if (attempt === undefined || bridge === undefined) return undefined;
  const pod = { uid, folder, bridge };
  if (!(await isAgentWorking(findPodMembers(pod)))) return undefined;
  const members = await suspendAllProcesses(pod);
  if (await isAgentWorking(members)) return createOrphan(attempt, pod, members);
  signalProcesses(members, 'SIGCONT');
  return undefined;
}

/** Returns whether bridge and agent are running, and no git command, which might push. */
async function isAgentWorking(members: readonly ProcessRow[]): Promise<boolean> {
  const commands = await Promise.all(members.map(({ pid }) => readCommandLine(pid)));
  const has = (pattern: RegExp) => commands.some((command) => pattern.test(command));
  return (
    has(/agent\/bridge\/main\.ts/) && has(/agent\/small\/main\.ts/) && !has(/^(\S*\/)?git[ -]/)
  );
}

/** Suspends all processes of a pod, repeatedly, because a process may start another process before its suspension. */
async function suspendAllProcesses(pod: PodIdentity): Promise<readonly ProcessRow[]> {
  return await waitUntil('all processes of the pod are stopped', async () => {
    const members = findPodMembers(pod);
    const areSuspended = await Promise.all(members.map(({ pid }) => isSuspended(pid)));
    if (areSuspended.every(Boolean)) return members;
    signalProcesses(members, 'SIGSTOP');
    return undefined;
  });
}

function createOrphan(
  attempt: AttemptKey,
  pod: PodIdentity & { readonly bridge: ProcessIdentity },
  members: readonly ProcessRow[],
): Orphan {
  const { folder, bridge } = pod;
  return {
    attempt,
    isSuspended: async () => isAlive(bridge) && (await isSuspended(bridge.pid)),
    hideFromPlatform: () => rename(join(folder, 'pod.json'), join(folder, 'lost.json')),
    resume: () => signalProcesses(members, 'SIGCONT'),
    async waitUntilEnded() {
      const isOver = () => findPodMembers(pod).length === 0;
      await waitUntil('the orphan ends on its own', isOver, END_TIMEOUT_MS);
      const log = await readFile(join(folder, 'bridge.log'), 'utf8');
      // The launcher no longer knows the folder and cannot remove it.
      await rm(folder, { recursive: true });
      return log;
    },
  };
}

function signalProcesses(members: readonly ProcessRow[], signal: NodeJS.Signals): void {
  for (const member of members) signalProcess(member, signal);
}

async function isSuspended(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  return /\) T /.test(stat);
}
