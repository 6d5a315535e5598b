import type { AttemptResult, BridgePhase, TranscriptEntry } from '../contract/attempt.ts';
import type { AttemptKey, TaskKey } from '../contract/id.ts';
import type { TaskSpec, Usage } from '../contract/task.ts';
import type { Item, Table } from '../port/table.ts';
import { ITEM_IS_ABSENT, ITEM_IS_PRESENT } from '../port/table.ts';
import type { TaskTransition } from '../task-state/task-state.ts';
import { formatTaskPartition, KEY, SORT_PREFIX } from '../topology/table-keys.ts';
import {
  decodeDocument,
  encodeDocument,
  loadLongText,
  parseDocument,
  putLongText,
  readNumber,
} from './document.ts';

// Items beside the state of a task: text, dependents, attempts, results, transcript, messages and history.

/** Specification and dependencies of a task; no transition changes them. */
export type TaskDetail = {
  readonly spec: TaskSpec;
  /** Ids of the dependencies, with the ordinals of their nodes. */
  readonly dependsOn: { readonly id: string; readonly ordinal: number }[];
};

/** Number of ids in an item: about 160 KB with ids of 40 characters, below the item limit of 400 KB. */
const DEPENDENTS_PER_CHUNK = 4_000;

export async function putTaskDetail(table: Table, key: TaskKey, detail: TaskDetail): Promise<void> {
  await putLongText(table, KEY.spec(key), encodeDocument(detail), ITEM_IS_ABSENT);
}

export async function loadTaskDetail(table: Table, key: TaskKey): Promise<TaskDetail | undefined> {
  const text = await loadLongText(table, KEY.spec(key));
  return text === undefined ? undefined : parseDocument<TaskDetail>(text);
}

export async function putDependents(
  table: Table,
  key: TaskKey,
  dependents: readonly string[],
): Promise<void> {
  for (let start = 0; start < dependents.length; start += DEPENDENTS_PER_CHUNK) {
    const chunk = dependents.slice(start, start + DEPENDENTS_PER_CHUNK);
    await table.put(
      { ...KEY.dependents(key, start / DEPENDENTS_PER_CHUNK), doc: encodeDocument(chunk) },
      ITEM_IS_ABSENT,
    );
  }
}

export async function loadDependents(table: Table, key: TaskKey): Promise<string[]> {
  const page = await table.query(formatTaskPartition(key), { prefix: SORT_PREFIX.dependents });
  return page.items.flatMap((item) => decodeDocument<string[]>(item));
}

/** Last heartbeat of an attempt. Times are epoch milliseconds. */
export type AttemptRecord = {
  readonly startedAt: number;
  readonly heartbeatAt: number;
  readonly leaseUntil: number;
  readonly phase: BridgePhase | 'starting';
  readonly activity: string;
  readonly usage: Usage;
  readonly progressAt: number;
  /** Number of the last message delivered to the agent. */
  readonly messagesSeen?: number;
};

/** A record with the mark of `markAttemptBudgeted`. */
export type StoredAttempt = AttemptRecord & { readonly isBudgeted: boolean };

/**
 * Begins the record of an attempt. A late repetition of the call changes nothing, because it would undo later heartbeats: their usage
 * and their number of the last delivered message.
 */
export async function openAttempt(
  table: Table,
  key: AttemptKey,
  record: AttemptRecord,
): Promise<void> {
  await table.put({ ...KEY.attempt(key), ...encodeAttempt(record) }, ITEM_IS_ABSENT);
}

/** Replaces `before`, the record of an attempt, by the record of a heartbeat, unless a later heartbeat was recorded meanwhile. */
export async function putAttempt(
  table: Table,
  key: AttemptKey,
  before: AttemptRecord | undefined,
  record: AttemptRecord,
): Promise<void> {
  // An update keeps the mark of a budget.
  const isNewest = [{ attribute: 'heartbeatAt', below: record.heartbeatAt + 1 }];
  const condition = before === undefined ? ITEM_IS_ABSENT : isNewest;
  await table.update(KEY.attempt(key), { set: encodeAttempt(record) }, condition);
}

function encodeAttempt(record: AttemptRecord) {
  return { doc: encodeDocument(record), heartbeatAt: record.heartbeatAt };
}

/** Marks an attempt that began before its plan had a budget, so that its heartbeats count against the budget. */
export async function markAttemptBudgeted(table: Table, key: AttemptKey): Promise<void> {
  await table.update(KEY.attempt(key), { set: { budgeted: true } }, ITEM_IS_PRESENT);
}

export async function loadAttempt(
  table: Table,
  key: AttemptKey,
): Promise<StoredAttempt | undefined> {
  const item = await table.get(KEY.attempt(key));
  if (item === undefined) return undefined;
  return { ...decodeDocument<AttemptRecord>(item), isBudgeted: item.budgeted === true };
}

/** Puts the result of an attempt; returns false and changes nothing if the attempt already has a result. */
export async function putResult(
  table: Table,
  key: AttemptKey,
  result: AttemptResult,
): Promise<boolean> {
  return putLongText(table, KEY.result(key), encodeDocument(result), ITEM_IS_ABSENT);
}

export async function loadResult(
  table: Table,
  key: AttemptKey,
): Promise<AttemptResult | undefined> {
  const text = await loadLongText(table, KEY.result(key));
  return text === undefined ? undefined : parseDocument<AttemptResult>(text);
}

export async function putTranscriptChunk(
  table: Table,
  key: AttemptKey,
  n: number,
  entries: readonly TranscriptEntry[],
  expiresAt: number,
): Promise<void> {
  await table.put(
    {
      ...KEY.transcript(key, n),
      n,
      attempt: key.attemptNumber,
      doc: encodeDocument(entries),
      expiresAt,
    },
    ITEM_IS_ABSENT,
  );
}

/** Chunk `n` of the transcript of attempt number `attempt`. */
export type TranscriptChunk = {
  readonly attempt: number;
  readonly n: number;
  readonly entries: TranscriptEntry[];
};

/** Loads at most `limit` chunks with a number above `after`. */
export async function loadTranscriptChunks(
  table: Table,
  key: AttemptKey,
  after: number,
  limit: number,
): Promise<TranscriptChunk[]> {
  const from = KEY.transcript(key, after + 1).sk;
  const prefix = from.slice(0, from.lastIndexOf('#') + 1);
  const page = await table.query(formatTaskPartition(key), { prefix, from, limit });
  return page.items.map(readTranscriptChunk);
}

/** Yields the latest chunks of an attempt, newest first, at most `limit`. */
export async function* loadLatestTranscriptChunks(
  table: Table,
  key: AttemptKey,
  limit: number,
): AsyncGenerator<TranscriptChunk> {
  const first = KEY.transcript(key, 1).sk;
  const prefix = first.slice(0, first.lastIndexOf('#') + 1);
  let after: string | undefined;
  let remaining = limit;
  do {
    const page = await table.query(formatTaskPartition(key), {
      prefix,
      reverse: true,
      limit: remaining,
      after,
    });
    yield* page.items.map(readTranscriptChunk);
    remaining -= page.items.length;
    after = page.next;
  } while (after !== undefined && remaining > 0);
}

function readTranscriptChunk(item: Item): TranscriptChunk {
  return {
    attempt: readNumber(item, 'attempt'),
    n: readNumber(item, 'n'),
    entries: decodeDocument<TranscriptEntry[]>(item),
  };
}

/** Message of a person to the agent of a task; `at` in epoch milliseconds. */
export type StoredMessage = {
  /** Derived from the sender and the idempotency key; identifies a repeated request. */
  readonly id?: string;
  readonly n: number;
  readonly author: string;
  readonly text: string;
  readonly at: number;
  /** Id of the answered question. */
  readonly answers?: string;
};

/** Puts a message; returns false if the number is taken. */
export async function putMessage(
  table: Table,
  key: TaskKey,
  message: StoredMessage,
): Promise<boolean> {
  return table.put(
    { ...KEY.message(key, message.n), doc: encodeDocument(message) },
    ITEM_IS_ABSENT,
  );
}

export async function loadMessage(
  table: Table,
  key: TaskKey,
  n: number,
): Promise<StoredMessage | undefined> {
  const item = await table.get(KEY.message(key, n));
  return item === undefined ? undefined : decodeDocument<StoredMessage>(item);
}

/** Loads the latest `limit` messages, newest first. */
export async function loadLatestMessages(
  table: Table,
  key: TaskKey,
  limit: number,
): Promise<StoredMessage[]> {
  const page = await table.query(formatTaskPartition(key), {
    prefix: SORT_PREFIX.message,
    reverse: true,
    limit,
  });
  return page.items.map((item) => decodeDocument<StoredMessage>(item));
}

/** Loads the messages with a number above `after`, oldest first. */
export async function loadMessages(
  table: Table,
  key: TaskKey,
  after: number,
): Promise<StoredMessage[]> {
  const page = await table.query(formatTaskPartition(key), {
    prefix: SORT_PREFIX.message,
    from: KEY.message(key, after + 1).sk,
  });
  return page.items.map((item) => decodeDocument<StoredMessage>(item));
}

/** Loads the transitions in history items, oldest first; the newest transitions are still in the item of the task. */
export async function loadTaskHistory(table: Table, key: TaskKey): Promise<TaskTransition[]> {
  const page = await table.query(formatTaskPartition(key), { prefix: SORT_PREFIX.history });
  return page.items.flatMap((item) => decodeDocument<TaskTransition[]>(item));
}
