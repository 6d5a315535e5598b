import { createHash } from 'node:crypto';
import { listPages } from '../base/list-pages.ts';
import { hashText } from '../contract/id.ts';
import type { Notice } from '../contract/notice.ts';
import type { Condition, Item, Key, Table, Value } from '../port/table.ts';

// Format of stored items. Conditions and indexes use attributes. The attribute `doc` holds all other data as one JSON text, so a
// write cannot forget a field.

export function encodeDocument(value: unknown): string {
  return JSON.stringify(value);
}

/** Decodes the JSON of an attribute. Only this code base writes items, so the document has the type of its writer. */
export function decodeDocument<T>(item: Item, attribute = 'doc'): T {
  const text = item[attribute];
  if (typeof text !== 'string')
    throw new Error(`item ${item.pk} ${item.sk} has no text in the attribute ${attribute}`);
  return parseDocument<T>(text);
}

export function parseDocument<T>(text: string): T {
  return JSON.parse(text) as T;
}

/** Returns a number attribute, or `fallback` if the attribute is no number. */
export function readNumber(item: Item, attribute: string, fallback = 0): number {
  const value = item[attribute];
  return typeof value === 'number' ? value : fallback;
}

export function readText(item: Item, attribute: string): string | undefined {
  const value = item[attribute];
  return typeof value === 'string' ? value : undefined;
}

export function readNumberSet(value: Value | undefined): number[] {
  if (!(value instanceof Set)) return [];
  return [...value].filter((member): member is number => typeof member === 'number');
}

export function toItemKey(item: Item): Key {
  return { pk: item.pk, sk: item.sk };
}

// Attributes of the `due` index. The resync reads the index and reconciles all due items.

const DUE_SHARD_COUNT = 16;

/** Hash keys of the `due` index. */
export const DUE_SHARDS: readonly string[] = Array.from(
  { length: DUE_SHARD_COUNT },
  (_, shard) => `due#${shard}`,
);

/** Attributes of an item in the `due` index; both are undefined for an item without a due time. */
export type DueAttributes = {
  /** Epoch milliseconds. */
  readonly dueAt: number | undefined;
  readonly dueShard: string | undefined;
};

/**
 * Builds the attributes of an item for the `due` index.
 *
 * @param dueAt epoch milliseconds; undefined for an item without a due time
 * @param itemName different for each item, so items spread over the shards
 */
export function buildDueAttributes(dueAt: number | undefined, itemName: string): DueAttributes {
  if (dueAt === undefined) return { dueAt: undefined, dueShard: undefined };
  return { dueAt, dueShard: `due#${hashText(itemName) % DUE_SHARD_COUNT}` };
}

/** Builds the change of an item for a new due time; an undefined `dueAt` removes the item from the index. */
export function buildDueChange(
  dueAt: number | undefined,
  itemName: string,
): { readonly set: Record<string, string | number>; readonly remove: readonly string[] } {
  const attributes = buildDueAttributes(dueAt, itemName);
  if (attributes.dueAt === undefined || attributes.dueShard === undefined)
    return { set: {}, remove: ['dueAt', 'dueShard'] };
  return { set: { dueAt: attributes.dueAt, dueShard: attributes.dueShard }, remove: [] };
}

/** Returns the due time of an item, epoch milliseconds; undefined for an item without a due time. */
export function readDueAt(item: Item): number | undefined {
  const dueAt = readNumber(item, 'dueAt', -1);
  return dueAt < 0 ? undefined : dueAt;
}

// Pending notices. A transition stores its notices in an attribute of its item until all are enqueued.

/** Returns the pending notices of an item, oldest first. After a crash, a pending notice may be enqueued already. */
export function readPendingNotices(item: Item): Notice[] {
  return item.notices === undefined ? [] : decodeDocument<Notice[]>(item, 'notices');
}

/** Builds the change of an item for a new list of pending notices. */
export function buildPendingNoticesChange(notices: readonly Notice[]): {
  readonly set: Record<string, string>;
  readonly remove: readonly string[];
} {
  return notices.length === 0
    ? { set: {}, remove: ['notices'] }
    : { set: { notices: encodeDocument(notices) }, remove: [] };
}

// Long texts. A text above the size limit of an item is stored in pieces. The first piece has the key of the text and the number
// of further pieces.

/** Maximum size of a piece: the limit of an item is 400 KB, including keys and attributes. */
const MAX_PIECE_BYTES = 300_000;

/** Splits a text between characters into pieces of at most `maxBytes` bytes of UTF-8. An empty text gives an empty piece. */
export function splitText(text: string, maxBytes = MAX_PIECE_BYTES): string[] {
  // A UTF-16 unit takes at most three bytes in UTF-8.
  if (text.length * 3 <= maxBytes) return [text];
  const encoder = new TextEncoder();
  const buffer = new Uint8Array(maxBytes);
  const pieces: string[] = [];
  for (let offset = 0; offset < text.length; ) {
    const { read } = encoder.encodeInto(text.slice(offset, offset + maxBytes), buffer);
    pieces.push(text.slice(offset, offset + read));
    offset += read;
  }
  return pieces;
}

/** Formats the sort key prefix of further pieces. `tag`, a hash of the text, separates the pieces of concurrent writers. */
function formatPiecePrefix(key: Key, tag: string): string {
  return `${key.sk}#${tag}#`;
}

/**
 * Puts a text of any length. The first piece is written last, so readers find the complete text or none.
 *
 * @param condition condition on the item of the first piece
 * @returns false if the condition does not hold
 */
export async function putLongText(
  table: Table,
  key: Key,
  text: string,
  condition?: Condition,
): Promise<boolean> {
  const [first = '', ...others] = splitText(text);
  if (others.length === 0) return table.put({ ...key, doc: first }, condition);
  const tag = createHash('sha256').update(text).digest('hex').slice(0, 16);
  for (const [index, piece] of others.entries()) {
    const sk = `${formatPiecePrefix(key, tag)}${String(index).padStart(4, '0')}`;
    await table.put({ pk: key.pk, sk, doc: piece });
  }
  const item: Item = { ...key, doc: first, pieces: others.length, piecesTag: tag };
  return table.put(item, condition);
}

/** Loads a text of `putLongText`. Throws if a piece is missing. */
export async function loadLongText(table: Table, key: Key): Promise<string | undefined> {
  const first = await table.get(key);
  if (first === undefined) return undefined;
  const texts = [readText(first, 'doc') ?? ''];
  const tag = readText(first, 'piecesTag');
  if (tag === undefined) return texts[0];
  const prefix = formatPiecePrefix(key, tag);
  const pieces = listPages((after) => table.query(key.pk, { prefix, after }));
  for await (const piece of pieces) texts.push(readText(piece, 'doc') ?? '');
  if (texts.length - 1 !== readNumber(first, 'pieces'))
    throw new Error(
      `the text of item ${key.pk} ${key.sk} is incomplete: ${texts.length - 1} of ${readNumber(first, 'pieces')} further pieces exist`,
    );
  return texts.join('');
}
