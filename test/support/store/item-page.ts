import type { CursorKey } from '../../../adapters/table/cursor.ts';
import { createCursor } from '../../../adapters/table/cursor.ts';
import { countItemBytes } from '../../../adapters/table/stored-value.ts';
import type { Item, Page, QueryOptions } from '../../../core/port/table.ts';

const MAX_PAGE_BYTES = 1024 * 1024;
/** Bytes of each item, computed once, because stored items never change and are read far more often than written. */
const bytesByItem = new WeakMap<Item, number>();

/**
 * Creates a page like DynamoDB: the page ends at the limit or at 1 MB, and then has a cursor `next`, even if no item follows. Items are
 * sorted by the attributes `sortAttributes`. A cursor contains the attributes `cursorAttributes` of the last item of a page, and the page
 * starts after the item with the cursor key `after`; undefined: with the first item.
 */
export function createPage(
  items: readonly Item[],
  sortAttributes: readonly string[],
  cursorAttributes: readonly string[],
  options: QueryOptions,
  after: CursorKey | undefined,
): Page {
  if (items.length === 0) return { items: [] };
  const sign = options.reverse === true ? -1 : 1;
  const remaining = items.filter(
    (item) => after === undefined || sign * compareItems(item, after, sortAttributes) > 0,
  );
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const compare = (left: Item, right: Item): number =>
    sign * compareItems(left, right, sortAttributes);
  const sorted =
    limit < remaining.length ? selectFirst(remaining, limit, compare) : remaining.sort(compare);
  const page: Item[] = [];
  let bytes = 0;
  for (const item of sorted) {
    page.push(item);
    bytes += getItemBytes(item);
    if (page.length < limit && bytes < MAX_PAGE_BYTES) continue;
    return { items: page, next: createCursor(item, cursorAttributes) };
  }
  return { items: page };
}

function getItemBytes(item: Item): number {
  const knownBytes = bytesByItem.get(item);
  if (knownBytes !== undefined) return knownBytes;
  const bytes = countItemBytes(item);
  bytesByItem.set(item, bytes);
  return bytes;
}

/** Returns the first `count` items in sorted order, without sorting the other items. */
function selectFirst(
  items: readonly Item[],
  count: number,
  compare: (left: Item, right: Item) => number,
): Item[] {
  const first: Item[] = [];
  for (const item of items) {
    const last = first.at(-1);
    if (first.length === count && last !== undefined && compare(item, last) >= 0) continue;
    let index = first.length;
    while (index > 0 && compare(item, first[index - 1] ?? item) < 0) index -= 1;
    first.splice(index, 0, item);
    if (first.length > count) first.pop();
  }
  return first;
}

/** Item, or position of an item. */
type Sortable = Readonly<Record<string, unknown>>;

/** Compares two items by the attributes in order. */
export function compareItems(
  left: Sortable,
  right: Sortable,
  sortAttributes: readonly string[],
): number {
  for (const name of sortAttributes) {
    const result = compareValues(left[name], right[name]);
    if (result !== 0) return result;
  }
  return 0;
}

/** Compares numbers by value, and strings by their UTF-8 bytes. JavaScript compares strings by UTF-16 units, which gives another order. */
function compareValues(left: unknown, right: unknown): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  const [a, b] = [String(left), String(right)];
  if (a === b) return 0;
  let index = 0;
  while (index < a.length && a.charCodeAt(index) === b.charCodeAt(index)) index += 1;
  const [leftCode, rightCode] = [a.charCodeAt(index), b.charCodeAt(index)];
  // For units below the surrogates both orders agree. If a string ends here, its unit is NaN and the bytes decide.
  if (leftCode < 0xd800 && rightCode < 0xd800) return leftCode - rightCode;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
