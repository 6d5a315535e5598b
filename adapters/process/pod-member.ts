import { sep } from 'node:path';
import type { ProcessIdentity } from './pod-record.ts';
import type { ProcessRow } from './process-row.ts';
import { readEnvironment, readProcesses, readWorkingFolder } from './process-row.ts';

// Finds the processes of a pod, including processes that have left the process group, the session and their parent.

/** Traces by which the processes of a pod are found. */
export type PodTrace = {
  readonly uid: string;
  /** Real path of the folder of the pod. */
  readonly folder: string;
  /** Undefined if the start was not recorded. */
  readonly bridge: ProcessIdentity | undefined;
};

/** Environment variable of the launcher that marks the bridge and the processes that inherit the environment. */
export const POD_UID_VARIABLE = 'SMOL_POD_UID';

function formatPodMarker(uid: string): string {
  return `${POD_UID_VARIABLE}=${uid}`;
}

/** Lists the live processes of a pod. */
export function findPodMembers(trace: PodTrace): ProcessRow[] {
  const rows = readProcesses();
  return findMembers(rows, trace.bridge, (row) => isMarkedByPod(row, trace));
}

/** Finds the bridge of a pod whose launcher died before the start was recorded. */
export function findUnrecordedBridge(uid: string): ProcessRow | undefined {
  const leaders = readProcesses().filter((row) => row.group === row.pid && !row.isZombie);
  return leaders.find((row) => readEnvironment(row.pid).includes(formatPodMarker(uid)));
}

/**
 * Returns whether a process belongs to a pod by its environment (the marker, or HOME or TMPDIR inside the folder of the pod) or by
 * its working directory inside that folder. A process with a terminal is the shell of a person; processes of a pod have none.
 */
function isMarkedByPod(row: ProcessRow, trace: PodTrace): boolean {
  const prefix = trace.folder + sep;
  const isMarked = readEnvironment(row.pid).some(
    (entry) =>
      entry === formatPodMarker(trace.uid) ||
      entry.startsWith(`HOME=${prefix}`) ||
      entry.startsWith(`TMPDIR=${prefix}`),
  );
  if (isMarked || row.hasTerminal) return isMarked;
  const folder = readWorkingFolder(row.pid);
  return folder !== undefined && (folder === trace.folder || folder.startsWith(prefix));
}

/**
 * Selects the live processes of a pod: the process group and session of the bridge, marked processes, and all descendants. Never
 * selects this process or its ancestors.
 */
export function findMembers(
  rows: readonly ProcessRow[],
  bridge: ProcessIdentity | undefined,
  isMarked: (row: ProcessRow) => boolean,
  ownPid: number = process.pid,
): ProcessRow[] {
  const spared = findAncestors(rows, ownPid);
  const isInGroup = createGroupCheck(rows, bridge);
  const members = new Map<number, ProcessRow>();
  for (const row of rows) {
    if (!spared.has(row.pid) && (isInGroup(row) || isMarked(row))) members.set(row.pid, row);
  }
  // A descendant may come before its parent in the rows: repeat until no process is added.
  for (let hasGrown = true; hasGrown; ) {
    hasGrown = false;
    for (const row of rows) {
      if (members.has(row.pid) || spared.has(row.pid) || !members.has(row.parent)) continue;
      members.set(row.pid, row);
      hasGrown = true;
    }
  }
  return [...members.values()].filter((row) => !row.isZombie);
}

/**
 * Returns a check for the process group and session of the bridge. The system does not reuse a group number while the group has
 * members; a different process with the number of the bridge shows that the group is gone.
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

/** Returns the pids of this process and its ancestors, with 0 and 1. */
function findAncestors(rows: readonly ProcessRow[], ownPid: number): ReadonlySet<number> {
  const parents = new Map(rows.map((row) => [row.pid, row.parent]));
  const spared = new Set([0, 1]);
  for (let pid: number | undefined = ownPid; pid !== undefined && !spared.has(pid); ) {
    spared.add(pid);
    pid = parents.get(pid);
  }
  return spared;
}
