import type { Item } from '../port/table.ts';
import { readNumber } from './document.ts';
import { hashText } from './hash-text.ts';

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
