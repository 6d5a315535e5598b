import { AppError } from '../../core/error.ts';
import type { Item, Value } from '../../core/port/table.ts';

// What DynamoDB makes of a value, decided before it is sent: what is not stored, what is refused, what it weighs.

export const MAX_ITEM_BYTES = 400 * 1024;

/** Without what is never stored: undefined and empty sets, at any depth. Undefined: nothing of it is stored. */
export function storedValue(value: Value | undefined): Value | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number') return requireNumber(value);
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Set) return value.size === 0 ? undefined : new Set(value);
  if (Array.isArray(value)) return value.map(storedValue).filter((entry) => entry !== undefined);
  return storedAttributes(Object.entries(value));
}

export function storedItem(item: Item): Item {
  return { ...storedAttributes(Object.entries(item)), pk: item.pk, sk: item.sk };
}

function storedAttributes(entries: readonly (readonly [string, Value | undefined])[]) {
  const stored: Record<string, Value> = {};
  for (const [name, value] of entries) {
    const kept = storedValue(value);
    if (kept !== undefined) stored[name] = kept;
  }
  return stored;
}

function requireNumber(value: number): number {
  if (Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value;
  throw new AppError('bug', 'bad_number', `${value} cannot be stored exactly`);
}

export function requireItemFits(item: Item): void {
  const bytes = itemBytes(item);
  if (bytes <= MAX_ITEM_BYTES) return;
  throw itemTooLarge({ bytes });
}

export function itemTooLarge(details: Record<string, unknown> = {}): AppError {
  return new AppError('invalid', 'item_too_large', `an item may hold ${MAX_ITEM_BYTES} bytes`, {
    details: { maxBytes: MAX_ITEM_BYTES, ...details },
  });
}

/** By DynamoDB's published rules for the size of an item. */
export function itemBytes(item: Item): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) {
    if (value !== undefined) bytes += Buffer.byteLength(name) + valueBytes(value);
  }
  return bytes;
}

function valueBytes(value: Value): number {
  if (value === null || typeof value === 'boolean') return 1;
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return numberBytes(value);
  let bytes = value instanceof Set ? 0 : 3;
  if (value instanceof Set) {
    for (const member of value) bytes += valueBytes(member);
    return bytes;
  }
  if (Array.isArray(value)) {
    for (const entry of value) bytes += 1 + valueBytes(entry);
    return bytes;
  }
  for (const [name, entry] of Object.entries(value)) {
    if (entry !== undefined) bytes += 1 + Buffer.byteLength(name) + valueBytes(entry);
  }
  return bytes;
}

function numberBytes(value: number): number {
  const digits = String(Math.abs(value)).replace(/[^0-9]/g, '').length;
  return Math.ceil(digits / 2) + 1 + (value < 0 ? 1 : 0);
}
