import type { MergeQueueKey } from '../contract/id.ts';
import type { Item, Table } from '../port/table.ts';
import { ITEM_IS_ABSENT } from '../port/table.ts';
import { formatMergeQueuePartition, KEY, SORT_PREFIX } from '../topology/table-keys.ts';
import {
  buildDueChange,
  decodeDocument,
  encodeDocument,
  readDueAt,
  readNumber,
} from './document.ts';

// Merge queue of a root branch: an item with the state of the front, and an entry for each waiting task.

export function toMergeQueueKey(task: MergeQueueKey): MergeQueueKey {
  return { plan: task.plan, run: task.run, repo: task.repo };
}

/** State of a merge queue. Times are epoch milliseconds. */
export type MergeQueueState = {
  /** Task at the front whose merge was requested; absent before the request. */
  readonly task?: string;
  /** Time at which this task entered the queue; part of the key of the entry. */
  readonly at?: number;
  /** `merging` is written before the forge is asked to merge; `checking` during a verification. */
  readonly phase?: 'checking' | 'merging';
  /** Refused merge calls for the front in a row. */
  readonly mergeRefusals: number;
  /** Commit of the front with pending checks; `since` is the start of the wait. */
  readonly pendingChecks?: { readonly commit: string; readonly since: number };
  /** End of the lease of the worker that advances the queue. */
  readonly leaseUntil: number;
  /** Last 12 merged tasks with at most 50 changed paths each. A conflict message names these tasks as possible causes. */
  readonly recentMerges?: { readonly task: string; readonly files: string[] }[];
  /** Number of leases so far. A worker has lost its lease once the stored fence is higher than its own. */
  readonly fence: number;
};

/** A merge queue with the attributes of its item; version 0 before the first write. */
export type StoredMergeQueue = {
  readonly key: MergeQueueKey;
  readonly state: MergeQueueState;
  readonly version: number;
  readonly dueAt?: number;
};

export async function loadMergeQueue(table: Table, key: MergeQueueKey): Promise<StoredMergeQueue> {
  const item = await table.get(KEY.mergeQueue(key));
  return item === undefined
    ? { key, state: { mergeRefusals: 0, leaseUntil: 0, fence: 0 }, version: 0 }
    : readMergeQueue(key, item);
}

function readMergeQueue(key: MergeQueueKey, item: Item): StoredMergeQueue {
  return {
    key,
    state: decodeDocument<MergeQueueState>(item),
    version: readNumber(item, 'v'),
    dueAt: readDueAt(item),
  };
}

/** Writes the queue over exactly the version read before; returns undefined if another write was first. */
export async function saveMergeQueue(
  table: Table,
  before: StoredMergeQueue,
  next: MergeQueueState,
  dueAt: number | undefined,
): Promise<StoredMergeQueue | undefined> {
  const due = buildDueChange(dueAt, before.key.repo + before.key.plan);
  const set = {
    v: before.version + 1,
    doc: encodeDocument(next),
    ...due.set,
  };
  if (before.version === 0) {
    const created = await table.put({ ...KEY.mergeQueue(before.key), ...set }, ITEM_IS_ABSENT);
    return created ? { key: before.key, state: next, version: 1, dueAt } : undefined;
  }
  const item = await table.update(KEY.mergeQueue(before.key), { set, remove: due.remove }, [
    { attribute: 'v', equals: before.version },
  ]);
  return item === undefined ? undefined : readMergeQueue(before.key, item);
}

/** Entry of a waiting task; `at` is the time at which the task entered the queue, epoch milliseconds. */
export type MergeQueueEntry = { readonly task: string; readonly at: number };

/** Puts an entry; a repeated call changes nothing. */
export async function putMergeQueueEntry(
  table: Table,
  key: MergeQueueKey,
  entry: MergeQueueEntry,
): Promise<void> {
  await table.put(
    { ...KEY.mergeQueueEntry(key, entry.at, entry.task), task: entry.task, at: entry.at },
    ITEM_IS_ABSENT,
  );
}

export async function loadFrontEntry(
  table: Table,
  key: MergeQueueKey,
): Promise<MergeQueueEntry | undefined> {
  const page = await table.query(formatMergeQueuePartition(key), {
    prefix: SORT_PREFIX.mergeQueueEntry,
    limit: 1,
  });
  const item = page.items[0];
  return item === undefined || typeof item.task !== 'string'
    ? undefined
    : { task: item.task, at: readNumber(item, 'at') };
}

export async function removeMergeQueueEntry(
  table: Table,
  key: MergeQueueKey,
  entry: MergeQueueEntry,
): Promise<void> {
  await table.delete(KEY.mergeQueueEntry(key, entry.at, entry.task));
}
