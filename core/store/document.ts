import type { Item, Key, Value } from '../port/table.ts';

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
