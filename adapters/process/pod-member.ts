import { sep } from 'node:path';
import type { ProcessIdentity } from './pod-record.ts';
import type { ProcessRow } from './process-row.ts';
import { readEnvironment, readProcesses, readWorkingFolder } from './process-row.ts';

// Which processes belong to a pod, also those that left its group, its session and their parents.

export type PodTrace = {
  readonly uid: string;
  readonly folder: string;
  readonly bridge: ProcessIdentity | undefined;
};

/** In the environment of the bridge and of what inherits it. */
export function formatPodMarker(uid: string): string {
  return `SMOL_POD_UID=${uid}`;
}

export function findPodMembers(trace: PodTrace): ProcessRow[] {
  const rows = readProcesses();
  return findMembers(rows, trace.bridge, (row) => isMarkedByPod(row, trace));
}

/** The bridge of a pod whose start was not recorded any more. */
export function findLostBridge(uid: string): ProcessRow | undefined {
  const leaders = readProcesses().filter((row) => row.group === row.pid && !row.isZombie);
  return leaders.find((row) => readEnvironment(row.pid).includes(formatPodMarker(uid)));
}

/**
 * By its environment (the marker, or a home inside the pod's folder), or by standing in that folder. A person may stand there
 * too: their shell has a terminal, a pod's processes have none or are found as descendants.
 */
function isMarkedByPod(row: ProcessRow, trace: PodTrace): boolean {
  const inside = trace.folder + sep;
  const own = readEnvironment(row.pid).some(
    (entry) =>
      entry === formatPodMarker(trace.uid) ||
      entry.startsWith(`HOME=${inside}`) ||
      entry.startsWith(`TMPDIR=${inside}`),
  );
  if (own || row.hasTerminal) return own;
  const folder = readWorkingFolder(row.pid);
  return folder !== undefined && (folder === trace.folder || folder.startsWith(inside));
}

/** The live ones: the bridge's group and session, the marked, and all descendants; never this process or what it runs in. */
export function findMembers(
  rows: readonly ProcessRow[],
  bridge: ProcessIdentity | undefined,
  marked: (row: ProcessRow) => boolean,
  self: number = process.pid,
): ProcessRow[] {
  const spared = findAncestors(rows, self);
  const isOurs = createGroupCheck(rows, bridge);
  const members = new Map<number, ProcessRow>();
  for (const row of rows) {
    if (!spared.has(row.pid) && (isOurs(row) || marked(row))) members.set(row.pid, row);
  }
  for (let grown = true; grown; ) {
    grown = false;
    for (const row of rows) {
      if (members.has(row.pid) || spared.has(row.pid) || !members.has(row.parent)) continue;
      members.set(row.pid, row);
      grown = true;
    }
  }
  return [...members.values()].filter((row) => !row.isZombie);
}

/** A group keeps its number while it has members; only a new process with the bridge's number shows that it was given away. */
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

function findAncestors(rows: readonly ProcessRow[], self: number): ReadonlySet<number> {
  const parents = new Map(rows.map((row) => [row.pid, row.parent]));
  const spared = new Set([0, 1]);
  for (let pid: number | undefined = self; pid !== undefined && !spared.has(pid); ) {
    spared.add(pid);
    pid = parents.get(pid);
  }
  return spared;
}
