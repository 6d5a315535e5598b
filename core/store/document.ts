import { createHash } from 'node:crypto';
import { listPages } from '../base/list-pages.ts';
import { hashText } from '../contract/id.ts';
import type { Condition, Item, Key, Table, Value } from '../port/table.ts';

// Items keep what conditions and indexes need as attributes, and everything else as one JSON text: one shape to read,
// no attribute that a write can forget.

export function encodeDocument(value: unknown): string {
  return JSON.stringify(value);
}

/** The item was written by us; its shape is the writer's type, versioned by the data version of the table. */
export function decodeDocument<T>(item: Item, attribute = 'doc'): T {
  const text = item[attribute];
  if (typeof text !== 'string') throw new Error(`item ${item.pk} ${item.sk} has no ${attribute}`);
  return parseDocument<T>(text);
}

export function parseDocument<T>(text: string): T {
  return JSON.parse(text) as T;
}

export function readNumber(item: Item, attribute: string, absent = 0): number {
  const value = item[attribute];
  return typeof value === 'number' ? value : absent;
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

// Attributes of the `due` index, which lists the items that a handler must look at by a given time.

const DUE_SHARD_COUNT = 16;

/** Hash keys of the `due` index. */
export const DUE_SHARDS: readonly string[] = Array.from(
  { length: DUE_SHARD_COUNT },
  (_, shard) => `due#${shard}`,
);

/** Attributes of an item in the `due` index; both are undefined for an item that is not due. */
export type DueAttributes = {
  /** Epoch milliseconds. */
  readonly dueAt: number | undefined;
  readonly dueShard: string | undefined;
};

/**
 * Builds the attributes that put an item into the `due` index.
 *
 * @param dueAt epoch milliseconds; undefined for an item that is not due
 * @param itemName text that differs between items, so that items spread over the shards
 */
export function buildDueAttributes(dueAt: number | undefined, itemName: string): DueAttributes {
  if (dueAt === undefined) return { dueAt: undefined, dueShard: undefined };
  return { dueAt, dueShard: `due#${hashText(itemName) % DUE_SHARD_COUNT}` };
}

/** Builds the change that moves an item inside the `due` index, or takes it out if `dueAt` is undefined. */
export function buildDueChange(
  dueAt: number | undefined,
  itemName: string,
): { readonly set: Record<string, string | number>; readonly remove: readonly string[] } {
  const attributes = buildDueAttributes(dueAt, itemName);
  if (attributes.dueAt === undefined || attributes.dueShard === undefined)
    return { set: {}, remove: ['dueAt', 'dueShard'] };
  return { set: { dueAt: attributes.dueAt, dueShard: attributes.dueShard }, remove: [] };
}

/** Returns the time at which an item is due, epoch milliseconds; undefined for an item that is not due. */
export function readDueAt(item: Item): number | undefined {
  const dueAt = readNumber(item, 'dueAt', -1);
  return dueAt < 0 ? undefined : dueAt;
}

// A text that may be larger than an item can be lies in pieces: the first under its own key, with how many there are.

/** Of an item's 400 KB, with room for its keys and other attributes. */
const MAX_PIECE_BYTES = 300_000;

/** Pieces of at most `maxBytes` bytes of UTF-8, never cut within a character; an empty text is one empty piece. */
export function splitText(text: string, maxBytes = MAX_PIECE_BYTES): string[] {
  // No character takes more than three bytes for each of its UTF-16 units.
  if (text.length * 3 <= maxBytes) return [text];
  const encoder = new TextEncoder();
  const space = new Uint8Array(maxBytes);
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const { read } = encoder.encodeInto(text.slice(at, at + maxBytes), space);
    pieces.push(text.slice(at, at + read));
    at += read;
  }
  return pieces;
}

/** Further pieces lie under the hash of the whole, so that two who race with other texts do not mix them. */
function formatPiecePrefix(first: Key, tag: string): string {
  return `${first.sk}#${tag}#`;
}

/** The first piece is written last, with the condition: a text is there whole or not at all. */
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
    throw new Error(`item ${key.pk} ${key.sk} has lost pieces`);
  return texts.join('');
}
