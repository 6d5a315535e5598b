import type { Item, Table } from '../port/table.ts';
import { decode, encode, numberOf } from './document.ts';
import { dueShard, KEY, lanePartition } from './key.ts';

// The merge queue of a root branch: one item that says who is at its head and how far, and an entry for each who waits.

export type LaneKey = { plan: string; run: number; repo: string };

export function laneKeyOf(task: LaneKey): LaneKey {
  return { plan: task.plan, run: task.run, repo: task.repo };
}

export type LaneState = {
  /** At the head; absent: nobody. */
  task?: string;
  /** When it joined: the place of its entry. */
  at?: number;
  /** `checking` until `merging` is written, which is before the forge is asked to merge. */
  phase?: 'checking' | 'merging';
  /** In a row, of the merge at the head: the forge said "not now". */
  refusals: number;
  /** Since when checks of this commit, at the head, have been pending. */
  pending?: { commit: string; since: number };
  leaseUntil: number;
  /** The last that were merged, with some of what they changed: they are named to whom they meet. */
  recent?: { task: string; files: string[] }[];
  /** Rises with every change of hands. */
  fence: number;
};

export type StoredLane = { key: LaneKey; state: LaneState; version: number; dueAt?: number };

export async function loadLane(table: Table, key: LaneKey): Promise<StoredLane> {
  const item = await table.get(KEY.lane(key));
  return item === undefined
    ? { key, state: { refusals: 0, leaseUntil: 0, fence: 0 }, version: 0 }
    : readLane(key, item);
}

function readLane(key: LaneKey, item: Item): StoredLane {
  const dueAt = numberOf(item, 'dueAt', -1);
  return {
    key,
    state: decode<LaneState>(item),
    version: numberOf(item, 'v'),
    dueAt: dueAt < 0 ? undefined : dueAt,
  };
}

/** Undefined: somebody else wrote it since. */
export async function saveLane(
  table: Table,
  before: StoredLane,
  next: LaneState,
  dueAt: number | undefined,
): Promise<StoredLane | undefined> {
  const set = {
    v: before.version + 1,
    doc: encode(next),
    lane: encode(before.key),
    ...(dueAt === undefined
      ? {}
      : { dueAt, dueShard: dueShard(before.key.repo + before.key.plan) }),
  };
  if (before.version === 0) {
    const created = await table.put({ ...KEY.lane(before.key), ...set }, [
      { attribute: 'pk', is: 'absent' },
    ]);
    return created ? { key: before.key, state: next, version: 1, dueAt } : undefined;
  }
  const remove = dueAt === undefined ? ['dueAt', 'dueShard'] : [];
  const item = await table.update(KEY.lane(before.key), { set, remove }, [
    { attribute: 'v', equals: before.version },
  ]);
  return item === undefined ? undefined : readLane(before.key, item);
}

export type LaneEntry = { task: string; at: number };

/** Twice is once. */
export async function enterLane(table: Table, key: LaneKey, entry: LaneEntry): Promise<void> {
  await table.put({ ...KEY.laneEntry(key, entry.at, entry.task), task: entry.task, at: entry.at }, [
    { attribute: 'pk', is: 'absent' },
  ]);
}

export async function nextLaneEntry(table: Table, key: LaneKey): Promise<LaneEntry | undefined> {
  const page = await table.query(lanePartition(key), { prefix: 'W#', limit: 1 });
  const item = page.items[0];
  return item === undefined || typeof item.task !== 'string'
    ? undefined
    : { task: item.task, at: numberOf(item, 'at') };
}

export async function leaveLane(table: Table, key: LaneKey, entry: LaneEntry): Promise<void> {
  await table.delete(KEY.laneEntry(key, entry.at, entry.task));
}
