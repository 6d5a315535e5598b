import { countItemBytes } from '../../adapters/dynamo/stored-value.ts';
import type { Item } from '../../core/port/table.ts';
import { TABLE } from '../../core/topology/table.ts';

// Computes capacity units by the published rules of DynamoDB: a write unit per KB of an item, again in each affected index; a
// read unit per 4 KB, half a unit for eventually consistent reads.

const WRITE_BYTES = 1_024;
const READ_BYTES = 4_096;
const sizeByItem = new WeakMap<Item, number>();

/** Returns the size of an item in bytes; caches the size of frozen items. */
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

/** Computes the read units of a response. */
export function computeReadUnits(bytes: number, isConsistent: boolean): number {
  return Math.max(1, Math.ceil(bytes / READ_BYTES)) * (isConsistent ? 1 : 0.5);
}

function computeWriteUnitsForSize(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / WRITE_BYTES));
}

/** Computes the write units of a write; `before` equals `after` if the condition failed. */
export function computeWriteUnits(before: Item | undefined, after: Item | undefined): number {
  const tableUnits = computeWriteUnitsForSize(
    Math.max(measureItemSize(before), measureItemSize(after)),
  );
  if (before === after) return tableUnits;
  return (
    tableUnits + sumNumbers(TABLE.indexes.map((row) => computeIndexWriteUnits(row, before, after)))
  );
}

/** Computes the write units in an index with all attributes. A changed key costs a delete and a put. */
function computeIndexWriteUnits(
  row: { readonly hash: string; readonly range: string },
  before: Item | undefined,
  after: Item | undefined,
): number {
  const wasIndexed = before?.[row.hash] !== undefined && before[row.range] !== undefined;
  const isIndexed = after?.[row.hash] !== undefined && after[row.range] !== undefined;
  if (!wasIndexed && !isIndexed) return 0;
  if (
    wasIndexed &&
    isIndexed &&
    before[row.hash] === after[row.hash] &&
    before[row.range] === after[row.range]
  )
    return computeWriteUnitsForSize(Math.max(measureItemSize(before), measureItemSize(after)));
  return (
    (wasIndexed ? computeWriteUnitsForSize(measureItemSize(before)) : 0) +
    (isIndexed ? computeWriteUnitsForSize(measureItemSize(after)) : 0)
  );
}
