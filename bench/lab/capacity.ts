import { isDeepStrictEqual } from 'node:util';
import { projectItem } from '../../adapters/table/project-item.ts';
import { countItemBytes } from '../../adapters/table/stored-value.ts';
import type { Item } from '../../core/port/table.ts';
import type { IndexDefinition } from '../../core/topology/table.ts';
import { TABLE } from '../../core/topology/table.ts';

// Computes capacity units by the published rules of DynamoDB. A write takes a unit per KB of the item, in the table and in each
// affected index. A read takes a unit per 4 KB, or half a unit if it is eventually consistent.

const WRITE_BYTES = 1_024;
const READ_BYTES = 4_096;
const sizeByItem = new WeakMap<Item, number>();

/** Returns the size of an item in bytes; 0 for no item. The sizes of frozen items are cached. */
export function measureItemSize(item: Item | undefined): number {
  if (item === undefined) return 0;
  const cached = sizeByItem.get(item);
  if (cached !== undefined) return cached;
  const bytes = countItemBytes(item);
  if (Object.isFrozen(item)) sizeByItem.set(item, bytes);
  return bytes;
}

function sumNumbers(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Computes the read units of a read that returns items of `bytes` bytes in total. */
export function computeReadUnits(bytes: number, isConsistent: boolean): number {
  return Math.max(1, Math.ceil(bytes / READ_BYTES)) * (isConsistent ? 1 : 0.5);
}

function computeWriteUnitsForSize(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / WRITE_BYTES));
}

/** Computes the write units of a write. `before` and `after` are the same object if the condition of the write failed. */
export function computeWriteUnits(before: Item | undefined, after: Item | undefined): number {
  const tableUnits = computeWriteUnitsForSize(
    Math.max(measureItemSize(before), measureItemSize(after)),
  );
  if (before === after) return tableUnits;
  return (
    tableUnits +
    sumNumbers(TABLE.indexes.map((index) => computeIndexWriteUnits(index, before, after)))
  );
}

/** Computes the write units in an index. A changed index key takes a delete and a put; an unchanged entry takes no write. */
function computeIndexWriteUnits(
  index: IndexDefinition,
  before: Item | undefined,
  after: Item | undefined,
): number {
  const entryBefore = projectEntry(index, before);
  const entryAfter = projectEntry(index, after);
  if (entryBefore === undefined || entryAfter === undefined)
    return computeEntryUnits(entryBefore) + computeEntryUnits(entryAfter);
  const keepsKey =
    entryBefore[index.hash] === entryAfter[index.hash] &&
    entryBefore[index.range] === entryAfter[index.range];
  if (!keepsKey) return computeEntryUnits(entryBefore) + computeEntryUnits(entryAfter);
  if (isDeepStrictEqual(entryBefore, entryAfter)) return 0;
  return Math.max(computeEntryUnits(entryBefore), computeEntryUnits(entryAfter));
}

function projectEntry(index: IndexDefinition, item: Item | undefined): Item | undefined {
  const isIndexed = item?.[index.hash] !== undefined && item[index.range] !== undefined;
  return isIndexed ? projectItem(index, item) : undefined;
}

function computeEntryUnits(entry: Item | undefined): number {
  return entry === undefined ? 0 : computeWriteUnitsForSize(measureItemSize(entry));
}
