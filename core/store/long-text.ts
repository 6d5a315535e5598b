import { createHash } from 'node:crypto';
import type { Condition, Item, Key, Table } from '../port/table.ts';
import { readNumber, readText } from './document.ts';

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
  let after: string | undefined;
  do {
    const page = await table.query(key.pk, { prefix, after });
    texts.push(...page.items.map((item) => readText(item, 'doc') ?? ''));
    after = page.next;
  } while (after !== undefined);
  if (texts.length - 1 !== readNumber(first, 'pieces'))
    throw new Error(`item ${key.pk} ${key.sk} has lost pieces`);
  return texts.join('');
}
