import type { AttemptResult, BridgePhase, TranscriptEntry } from '../contract/attempt.ts';
import type { AttemptKey, TaskKey } from '../contract/id.ts';
import type { TaskSpec, Usage } from '../contract/task.ts';
import type { Item, Table } from '../port/table.ts';
import type { Transition } from '../task/state.ts';
import { decode, decodeText, encode, numberOf } from './document.ts';
import { KEY, taskPartition } from './key.ts';
import { loadLongText, putLongText } from './long-text.ts';

// What lies beside a task's state: its text, its dependents, its attempts, results, transcript, messages and history.

export type TaskDetail = {
  spec: TaskSpec;
  /** Names of what it waits on, with the ordinals of the nodes that stand for them. */
  dependsOn: { id: string; ordinal: number }[];
};

const ABSENT = [{ attribute: 'pk', is: 'absent' }] as const;
/** About 160 KB of ids of 40 characters: well under the item limit. */
const DEPENDENTS_PER_CHUNK = 4_000;

export async function putDetail(table: Table, key: TaskKey, detail: TaskDetail): Promise<void> {
  await putLongText(table, KEY.spec(key), encode(detail), ABSENT);
}

export async function loadDetail(table: Table, key: TaskKey): Promise<TaskDetail | undefined> {
  const text = await loadLongText(table, KEY.spec(key));
  return text === undefined ? undefined : decodeText<TaskDetail>(text);
}

export async function putDependents(
  table: Table,
  key: TaskKey,
  dependents: readonly string[],
): Promise<void> {
  for (let start = 0; start < dependents.length; start += DEPENDENTS_PER_CHUNK) {
    const chunk = dependents.slice(start, start + DEPENDENTS_PER_CHUNK);
    await table.put(
      { ...KEY.dependents(key, start / DEPENDENTS_PER_CHUNK), doc: encode(chunk) },
      ABSENT,
    );
  }
}

export async function loadDependents(table: Table, key: TaskKey): Promise<string[]> {
  const page = await table.query(taskPartition(key), { prefix: 'DEP#' });
  return page.items.flatMap((item) => decode<string[]>(item));
}

export type AttemptRecord = {
  startedAt: number;
  heartbeatAt: number;
  leaseUntil: number;
  phase: BridgePhase | 'starting';
  activity: string;
  usage: Usage;
  progressAt: number;
  /** Messages of people up to this number were given to its agent. */
  messagesSeen?: number;
};

export async function putAttempt(
  table: Table,
  key: AttemptKey,
  record: AttemptRecord,
): Promise<void> {
  await table.put({ ...KEY.attempt(key), doc: encode(record) });
}

export async function loadAttempt(
  table: Table,
  key: AttemptKey,
): Promise<AttemptRecord | undefined> {
  const item = await table.get(KEY.attempt(key));
  return item === undefined ? undefined : decode<AttemptRecord>(item);
}

/** False: a result of this attempt was recorded before; it is left as it is. */
export async function putResult(
  table: Table,
  key: AttemptKey,
  result: AttemptResult,
): Promise<boolean> {
  return putLongText(table, KEY.result(key), encode(result), ABSENT);
}

export async function loadResult(
  table: Table,
  key: AttemptKey,
): Promise<AttemptResult | undefined> {
  const text = await loadLongText(table, KEY.result(key));
  return text === undefined ? undefined : decodeText<AttemptResult>(text);
}

export async function putTranscript(
  table: Table,
  key: AttemptKey,
  n: number,
  entries: readonly TranscriptEntry[],
  expiresAt: number,
): Promise<void> {
  await table.put(
    { ...KEY.transcript(key, n), n, attempt: key.n, doc: encode(entries), expiresAt },
    ABSENT,
  );
}

export type TranscriptChunk = { attempt: number; n: number; entries: TranscriptEntry[] };

export async function loadTranscript(
  table: Table,
  key: AttemptKey,
  after: number,
  limit: number,
): Promise<TranscriptChunk[]> {
  const from = KEY.transcript(key, after + 1).sk;
  const prefix = from.slice(0, from.lastIndexOf('#') + 1);
  const page = await table.query(taskPartition(key), { prefix, from, limit });
  return page.items.map(readChunk);
}

/** From the newest chunk back, at most `limit` of them. */
export async function* loadLastTranscript(
  table: Table,
  key: AttemptKey,
  limit: number,
): AsyncGenerator<TranscriptChunk> {
  const first = KEY.transcript(key, 1).sk;
  const prefix = first.slice(0, first.lastIndexOf('#') + 1);
  let after: string | undefined;
  let left = limit;
  do {
    const page = await table.query(taskPartition(key), {
      prefix,
      reverse: true,
      limit: left,
      after,
    });
    yield* page.items.map(readChunk);
    left -= page.items.length;
    after = page.next;
  } while (after !== undefined && left > 0);
}

function readChunk(item: Item): TranscriptChunk {
  return {
    attempt: numberOf(item, 'attempt'),
    n: numberOf(item, 'n'),
    entries: decode<TranscriptEntry[]>(item),
  };
}

export type StoredMessage = {
  /** Of who sent it and how often: a repeated send is known by it. */
  id?: string;
  n: number;
  author: string;
  text: string;
  at: number;
  answers?: string;
};

/** False: the number is taken; read again. */
export async function putMessage(
  table: Table,
  key: TaskKey,
  message: StoredMessage,
): Promise<boolean> {
  return table.put({ ...KEY.message(key, message.n), doc: encode(message) }, ABSENT);
}

export async function loadMessage(
  table: Table,
  key: TaskKey,
  n: number,
): Promise<StoredMessage | undefined> {
  const item = await table.get(KEY.message(key, n));
  return item === undefined ? undefined : decode<StoredMessage>(item);
}

/** The newest `limit`, newest first. */
export async function loadLastMessages(
  table: Table,
  key: TaskKey,
  limit: number,
): Promise<StoredMessage[]> {
  const page = await table.query(taskPartition(key), { prefix: 'M#', reverse: true, limit });
  return page.items.map((item) => decode<StoredMessage>(item));
}

export async function loadMessages(
  table: Table,
  key: TaskKey,
  after: number,
): Promise<StoredMessage[]> {
  const page = await table.query(taskPartition(key), {
    prefix: 'M#',
    from: KEY.message(key, after + 1).sk,
  });
  return page.items.map((item) => decode<StoredMessage>(item));
}

/** Those that are no longer on the task's own item, oldest first. */
export async function loadHistory(table: Table, key: TaskKey): Promise<Transition[]> {
  const page = await table.query(taskPartition(key), { prefix: 'H#' });
  return page.items.flatMap((item) => decode<Transition[]>(item));
}
