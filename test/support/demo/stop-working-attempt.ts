import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PodIdentity } from '../../../adapters/process/pod-member.ts';
import { findPodMembers } from '../../../adapters/process/pod-member.ts';
import type { PodRecord, ProcessIdentity } from '../../../adapters/process/pod-record.ts';
import { readPodRecord } from '../../../adapters/process/pod-record.ts';
import type { ProcessRow } from '../../../adapters/process/process-row.ts';
import { isAlive } from '../../../adapters/process/process-row.ts';
import type { AttemptKey } from '../../../core/contract/id.ts';
import { parseAttemptId } from '../../../core/contract/id.ts';
import { readCommandLine } from '../process/process-scan.ts';
import { waitUntil } from '../wait-until.ts';
import type { DemoProcess } from './demo-process.ts';

// Orphans: stopped attempts that their launcher no longer finds, as on a suspended machine without a network. The platform
// cannot end an orphan, and the orphan may continue after another attempt has taken over.

/** Stopped attempt. */
export type Orphan = {
  readonly attempt: AttemptKey;
  /** True when the bridge is alive and stopped. */
  isStopped(): Promise<boolean>;
  /** Hides the attempt from the launcher; its processes stay alive. */
  hideFromPlatform(): Promise<void>;
  resume(): void;
  /** Waits until all its processes have exited; returns the log of the bridge. */
  waitUntilEnded(): Promise<string>;
};

const FIND_TIMEOUT_MS = 60_000;
const END_TIMEOUT_MS = 30_000;

/** Stops the first attempt with a working agent, before its bridge has pushed or reported a result. */
export function stopWorkingAttempt(demo: DemoProcess): Promise<Orphan> {
  const pods = join(demo.workspace.dataDir, 'attempts', 'pods');
  const find = async () => {
    for (const name of await readdir(pods).catch(() => [])) {
      const folder = join(pods, name);
      const record = await readPodRecord(folder).catch(() => undefined);
      const orphan = record && (await stopPod(folder, record));
      if (orphan !== undefined) return orphan;
    }
    return undefined;
  };
  return waitUntil('an agent is at work', find, FIND_TIMEOUT_MS);
}

/** Stops the processes of a pod with a working agent; returns undefined and leaves other pods running. */
async function stopPod(folder: string, record: PodRecord): Promise<Orphan | undefined> {
  const attempt = parseAttemptId(record.attemptId);
  const { uid, bridge } = record;
  if (attempt === undefined || bridge === undefined) return undefined;
  const trace = { uid, folder, bridge };
  if (!(await isAtWork(findPodMembers(trace)))) return undefined;
  const members = await stopAllProcesses(trace);
  if (await isAtWork(members)) return createOrphan(attempt, trace, members);
  signalProcesses(members, 'SIGCONT');
  return undefined;
}

/** True when the agent is running and no git command is, which might push. */
async function isAtWork(members: readonly ProcessRow[]): Promise<boolean> {
  const commands = await Promise.all(members.map(({ pid }) => readCommandLine(pid)));
  const has = (pattern: RegExp) => commands.some((command) => pattern.test(command));
  return (
    has(/agent\/bridge\/main\.ts/) && has(/agent\/small\/main\.ts/) && !has(/^(\S*\/)?git[ -]/)
  );
}

/** Stops all processes, repeatedly, because a process may start another one before its stop. */
async function stopAllProcesses(trace: PodIdentity): Promise<readonly ProcessRow[]> {
  return await waitUntil('all processes of the pod are stopped', async () => {
    const members = findPodMembers(trace);
    const stopped = await Promise.all(members.map(({ pid }) => hasStopped(pid)));
    if (stopped.every((isStopped) => isStopped)) return members;
    signalProcesses(members, 'SIGSTOP');
    return undefined;
  });
}

function createOrphan(
  attempt: AttemptKey,
  trace: PodIdentity & { readonly bridge: ProcessIdentity },
  members: readonly ProcessRow[],
): Orphan {
  const { folder, bridge } = trace;
  return {
    attempt,
    isStopped: async () => isAlive(bridge) && (await hasStopped(bridge.pid)),
    hideFromPlatform: () => rename(join(folder, 'pod.json'), join(folder, 'lost.json')),
    resume: () => signalProcesses(members, 'SIGCONT'),
    async waitUntilEnded() {
      const isOver = () => findPodMembers(trace).length === 0;
      await waitUntil('the orphan ends on its own', isOver, END_TIMEOUT_MS);
      const log = await readFile(join(folder, 'bridge.log'), 'utf8');
      // The launcher no longer knows the folder and cannot remove it.
      await rm(folder, { recursive: true });
      return log;
    },
  };
}

function signalProcesses(members: readonly ProcessRow[], signal: NodeJS.Signals): void {
  for (const member of members.filter(isAlive)) process.kill(member.pid, signal);
}

async function hasStopped(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  return /\) T /.test(stat);
}
