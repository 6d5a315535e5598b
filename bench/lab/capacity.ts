import { itemBytes } from '../../adapters/dynamo/stored-value.ts';
import type { Item } from '../../core/port/table.ts';
import { TABLE } from '../../core/topology/table.ts';

// What DynamoDB charges, by its published rules: a write unit for each KB of an item, and again in every index that the
// write touches; a read unit for each 4 KB, half of it where the answer may be late.

const WRITE_BYTES = 1_024;
const READ_BYTES = 4_096;
const sizes = new WeakMap<Item, number>();

/** Of a frozen item it is counted once. */
export function sizeOf(item: Item | undefined): number {
  if (item === undefined) return 0;
  const known = sizes.get(item);
  if (known !== undefined) return known;
  const bytes = itemBytes(item);
  if (Object.isFrozen(item)) sizes.set(item, bytes);
  return bytes;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

export function readUnits(bytes: number, consistent: boolean): number {
  return Math.max(1, Math.ceil(bytes / READ_BYTES)) * (consistent ? 1 : 0.5);
}

function writeUnitsOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / WRITE_BYTES));
}

/** `before` and `after` are the same where the condition did not hold. */
export function writeUnits(before: Item | undefined, after: Item | undefined): number {
  const own = writeUnitsOf(Math.max(sizeOf(before), sizeOf(after)));
  if (before === after) return own;
  return own + sum(TABLE.indexes.map((row) => indexUnits(row, before, after)));
}

/** All attributes are projected. A changed key is a delete and a put. */
function indexUnits(
  row: { hash: string; range: string },
  before: Item | undefined,
  after: Item | undefined,
): number {
  const was = before?.[row.hash] !== undefined && before[row.range] !== undefined;
  const is = after?.[row.hash] !== undefined && after[row.range] !== undefined;
  if (!was && !is) return 0;
  if (was && is && before[row.hash] === after[row.hash] && before[row.range] === after[row.range])
    return writeUnitsOf(Math.max(sizeOf(before), sizeOf(after)));
  return (was ? writeUnitsOf(sizeOf(before)) : 0) + (is ? writeUnitsOf(sizeOf(after)) : 0);
}
