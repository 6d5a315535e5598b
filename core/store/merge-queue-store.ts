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

// The merge queue of a root branch: one item that says who is at its head and how far, and an entry for each who waits.

export function toMergeQueueKey(task: MergeQueueKey): MergeQueueKey {
  return { plan: task.plan, run: task.run, repo: task.repo };
}

export type MergeQueueState = {
  /** At the head; absent: nobody. */
  readonly task?: string;
  /** When it joined: the place of its entry. */
  readonly at?: number;
  /** `checking` until `merging` is written, which is before the forge is asked to merge. */
  readonly phase?: 'checking' | 'merging';
  /** In a row, of the merge at the head: the forge said "not now". */
  readonly mergeRefusals: number;
  /** Since when checks of this commit, at the head, have been pending. */
  readonly pendingChecks?: { readonly commit: string; readonly since: number };
  readonly leaseUntil: number;
  /** The last that were merged, with some of what they changed: they are named to whom they meet. */
  readonly recentMerges?: { readonly task: string; readonly files: string[] }[];
  /** Rises with every change of hands. */
  readonly fence: number;
};

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

/** Undefined: somebody else wrote it since. */
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
    lane: encodeDocument(before.key),
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

export type MergeQueueEntry = { readonly task: string; readonly at: number };

/** Twice is once. */
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
