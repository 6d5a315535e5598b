import { countItemBytes } from '../../adapters/dynamo/stored-value.ts';
import type { Item } from '../../core/port/table.ts';
import { TABLE } from '../../core/topology/table.ts';

// What DynamoDB charges, by its published rules: a write unit for each KB of an item, and again in every index that the
// write touches; a read unit for each 4 KB, half of it where the answer may be late.

const WRITE_BYTES = 1_024;
const READ_BYTES = 4_096;
const sizeByItem = new WeakMap<Item, number>();

/** Of a frozen item it is counted once. */
export function measureItemSize(item: Item | undefined): number {
  if (item === undefined) return 0;
  const known = sizeByItem.get(item);
  if (known !== undefined) return known;
  const bytes = countItemBytes(item);
  if (Object.isFrozen(item)) sizeByItem.set(item, bytes);
  return bytes;
}

function sumNumbers(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

export function computeReadUnits(bytes: number, consistent: boolean): number {
  return Math.max(1, Math.ceil(bytes / READ_BYTES)) * (consistent ? 1 : 0.5);
}

function computeWriteUnitsForSize(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / WRITE_BYTES));
}

/** `before` and `after` are the same where the condition did not hold. */
export function computeWriteUnits(before: Item | undefined, after: Item | undefined): number {
  const own = computeWriteUnitsForSize(Math.max(measureItemSize(before), measureItemSize(after)));
  if (before === after) return own;
  return own + sumNumbers(TABLE.indexes.map((row) => computeIndexWriteUnits(row, before, after)));
}

/** All attributes are projected. A changed key is a delete and a put. */
function computeIndexWriteUnits(
  row: { readonly hash: string; readonly range: string },
  before: Item | undefined,
  after: Item | undefined,
): number {
  const was = before?.[row.hash] !== undefined && before[row.range] !== undefined;
  const is = after?.[row.hash] !== undefined && after[row.range] !== undefined;
  if (!was && !is) return 0;
  if (was && is && before[row.hash] === after[row.hash] && before[row.range] === after[row.range])
    return computeWriteUnitsForSize(Math.max(measureItemSize(before), measureItemSize(after)));
  return (
    (was ? computeWriteUnitsForSize(measureItemSize(before)) : 0) +
    (is ? computeWriteUnitsForSize(measureItemSize(after)) : 0)
  );
}
