import { sep } from 'node:path';
import type { ProcessIdentity } from './pod-record.ts';
import type { ProcessRow } from './process-row.ts';
import { readEnvironment, readProcesses, readWorkingFolder } from './process-row.ts';

// Finds the processes of a pod, including processes that have left the process group and session of the bridge and whose parent
// has ended.

/** Facts by which the processes of a pod are recognised. */
export type PodIdentity = {
  readonly uid: string;
  /** Real path of the folder of the pod. */
  readonly folder: string;
  /** Undefined if the start was not recorded. */
  readonly bridge: ProcessIdentity | undefined;
};

/** Environment variable with the uid of the pod; marks the bridge and the processes that inherit its environment. */
export const POD_UID_VARIABLE = 'SMOL_POD_UID';

function formatPodMarker(uid: string): string {
  return `${POD_UID_VARIABLE}=${uid}`;
}

/** Lists the live processes of a pod. */
export function findPodMembers(pod: PodIdentity): ProcessRow[] {
  const rows = readProcesses();
  return selectPodMembers(rows, pod.bridge, (row) => isMarkedByPod(row, pod));
}

/** Finds the bridge of a pod whose launcher died before the start was recorded. */
export function findUnrecordedBridge(uid: string): ProcessRow | undefined {
  const leaders = readProcesses().filter((row) => row.group === row.pid && !row.isZombie);
  return leaders.find((row) => readEnvironment(row.pid).includes(formatPodMarker(uid)));
}

/**
 * Returns true if the environment of a process contains the marker of the pod, or HOME or TMPDIR inside the folder of the pod, or
 * if its working directory is inside that folder. The working directory of a process with a terminal does not count: the process is
 * the shell of a person who looks into the folder, because processes of a pod have no terminal.
 */
function isMarkedByPod(row: ProcessRow, pod: PodIdentity): boolean {
  const prefix = pod.folder + sep;
  const isMarked = readEnvironment(row.pid).some(
    (entry) =>
      entry === formatPodMarker(pod.uid) ||
      entry.startsWith(`HOME=${prefix}`) ||
      entry.startsWith(`TMPDIR=${prefix}`),
  );
  if (isMarked || row.hasTerminal) return isMarked;
  const folder = readWorkingFolder(row.pid);
  return folder !== undefined && (folder === pod.folder || folder.startsWith(prefix));
}

/**
 * Selects the live processes of a pod: the process group and session of the bridge, marked processes, and all descendants. Never
 * selects this process or its ancestors.
 */
export function selectPodMembers(
  rows: readonly ProcessRow[],
  bridge: ProcessIdentity | undefined,
  isMarked: (row: ProcessRow) => boolean,
  ownPid: number = process.pid,
): ProcessRow[] {
  const excludedPids = listOwnPids(rows, ownPid);
  const isInGroup = createGroupCheck(rows, bridge);
  const members = new Map<number, ProcessRow>();
  for (const row of rows) {
    if (!excludedPids.has(row.pid) && (isInGroup(row) || isMarked(row))) members.set(row.pid, row);
  }
  // A descendant may come before its parent in the rows, so the search repeats until no process is added.
  for (let hasGrown = true; hasGrown; ) {
    hasGrown = false;
    for (const row of rows) {
      if (members.has(row.pid) || excludedPids.has(row.pid) || !members.has(row.parent)) continue;
      members.set(row.pid, row);
      hasGrown = true;
    }
  }
  return [...members.values()].filter((row) => !row.isZombie);
}

/**
 * Creates a check of whether a process is in the process group or session of the bridge. The system does not reuse a pid as long
 * as a process group has this number. If another process has the pid of the bridge, the group is therefore gone and the check
 * fails for every process.
 */
function createGroupCheck(
  rows: readonly ProcessRow[],
  bridge: ProcessIdentity | undefined,
): (row: ProcessRow) => boolean {
  if (bridge === undefined) return () => false;
  const { pid, startTime } = bridge;
  const holder = rows.find((row) => row.pid === pid);
  if (holder !== undefined && holder.startTime !== startTime) return () => false;
  return (row) => row.pid === pid || row.group === pid || row.session === pid;
}

/** Returns the pids of this process and of its ancestors, and always 0 and 1. */
function listOwnPids(rows: readonly ProcessRow[], ownPid: number): ReadonlySet<number> {
  const parents = new Map(rows.map((row) => [row.pid, row.parent]));
  const pids = new Set([0, 1]);
  for (let pid: number | undefined = ownPid; pid !== undefined && !pids.has(pid); ) {
    pids.add(pid);
    pid = parents.get(pid);
  }
  return pids;
}
