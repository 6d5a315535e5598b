import { AppError } from '../../core/base/app-error.ts';
import type { Item, Key, Value } from '../../core/port/table.ts';
import { TABLE } from '../../core/topology/table.ts';

// Prepares items for a table: omits undefined values and empty sets, and rejects what DynamoDB would reject, so that every table
// has the same limits.

/** Maximum size of an item in bytes. */
export const MAX_ITEM_BYTES = 400 * 1024;

/** Removes undefined values and empty sets at any depth; returns undefined for undefined and for an empty set. */
export function toStoredValue(value: Value | undefined): Value | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number') return requireNumber(value);
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Set) return value.size === 0 ? undefined : new Set(value);
  if (Array.isArray(value)) return value.map(toStoredValue).filter((entry) => entry !== undefined);
  return toStoredAttributes(Object.entries(value));
}

export function toStoredItem(item: Item): Item {
  return { ...toStoredAttributes(Object.entries(item)), pk: item.pk, sk: item.sk };
}

function toStoredAttributes(entries: readonly (readonly [string, Value | undefined])[]) {
  const stored: Record<string, Value> = {};
  for (const [name, value] of entries) {
    const storedValue = toStoredValue(value);
    if (storedValue !== undefined) stored[name] = storedValue;
  }
  return stored;
}

function requireNumber(value: number): number {
  if (Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value;
  throw new AppError('bug', 'bad_number', `the number ${value} cannot be stored exactly`);
}

/** Throws AppError `item_too_large` for an item above 400 KB. */
export function requireItemFits(item: Item): void {
  const bytes = countItemBytes(item);
  if (bytes <= MAX_ITEM_BYTES) return;
  throw createItemTooLargeError({ bytes });
}

export function createItemTooLargeError(details: Record<string, unknown> = {}): AppError {
  return new AppError(
    'invalid',
    'item_too_large',
    `the data is too large for one stored item, which can hold at most ${MAX_ITEM_BYTES} bytes; shorten the texts`,
    {
      details: { maxBytes: MAX_ITEM_BYTES, ...details },
    },
  );
}

/** Computes the size of an item with the published rules of DynamoDB. */
export function countItemBytes(item: Item): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) {
    if (value !== undefined) bytes += Buffer.byteLength(name) + countValueBytes(value);
  }
  return bytes;
}

function countValueBytes(value: Value): number {
  if (value === null || typeof value === 'boolean') return 1;
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return countNumberBytes(value);
  let bytes = value instanceof Set ? 0 : 3;
  if (value instanceof Set) {
    for (const member of value) bytes += countValueBytes(member);
    return bytes;
  }
  if (Array.isArray(value)) {
    for (const entry of value) bytes += 1 + countValueBytes(entry);
    return bytes;
  }
  for (const [name, entry] of Object.entries(value)) {
    if (entry !== undefined) bytes += 1 + Buffer.byteLength(name) + countValueBytes(entry);
  }
  return bytes;
}

function countNumberBytes(value: number): number {
  const digits = String(Math.abs(value)).replace(/[^0-9]/g, '').length;
  return Math.ceil(digits / 2) + 1 + (value < 0 ? 1 : 0);
}

/** Throws AppError `store_refused` or `item_too_large` for an item that DynamoDB would not store; returns the item. */
export function requireStorableItem(item: Item): Item {
  requireKey(item);
  requireItemFits(item);
  for (const indexDefinition of TABLE.indexes) {
    const [hash, range] = [item[indexDefinition.hash], item[indexDefinition.range]];
    if (hash !== undefined && (typeof hash !== 'string' || hash === '')) {
      throw createRefusal(`${indexDefinition.hash} must be a non-empty string`);
    }
    if (range !== undefined && typeof range !== 'number') {
      throw createRefusal(`${indexDefinition.range} must be a number`);
    }
  }
  return item;
}

/** Throws AppError `store_refused` for a key with an empty part; returns the key. */
export function requireKey<K extends Key>(key: K): K {
  if (key.pk === '' || key.sk === '')
    throw createRefusal('the key attributes pk and sk cannot be empty');
  return key;
}

/** Creates the error of a request that no table accepts. */
export function createRefusal(message: string): AppError {
  return new AppError('bug', 'store_refused', `the store refused: ${message}`);
}
