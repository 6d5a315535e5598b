import type { CursorKey } from '../../../adapters/dynamo/query-plan.ts';
import { encodeCursor } from '../../../adapters/dynamo/query-plan.ts';
import { countItemBytes } from '../../../adapters/dynamo/stored-value.ts';
import type { Item, Page, QueryOptions } from '../../../core/port/table.ts';

const MAX_PAGE_BYTES = 1024 * 1024;
/** Sizes of items, computed once, because stored items never change and reads are far more frequent than writes. */
const sizeByItem = new WeakMap<Item, number>();

/**
 * Creates a page as DynamoDB does: cut at the limit or at 1 MB, and with `next` after each cut, even when no item follows.
 * Items are sorted by the attributes `order`; a cursor consists of the attributes `cursorNames`.
 */
export function createPage(
  items: readonly Item[],
  order: readonly string[],
  cursorNames: readonly string[],
  options: QueryOptions,
  after: CursorKey | undefined,
): Page {
  if (items.length === 0) return { items: [] };
  const sign = options.reverse === true ? -1 : 1;
  const remaining = items.filter(
    (item) => after === undefined || sign * compareItems(item, after, order) > 0,
  );
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const compare = (left: Item, right: Item): number => sign * compareItems(left, right, order);
  const sorted =
    limit < remaining.length ? selectFirst(remaining, limit, compare) : remaining.sort(compare);
  const page: Item[] = [];
  let bytes = 0;
  for (const item of sorted) {
    page.push(item);
    bytes += measureItemSize(item);
    if (page.length < limit && bytes < MAX_PAGE_BYTES) continue;
    return { items: page, next: encodeCursor(createCursorKey(item, cursorNames)) };
  }
  return { items: page };
}

function measureItemSize(item: Item): number {
  const known = sizeByItem.get(item);
  if (known !== undefined) return known;
  const bytes = countItemBytes(item);
  sizeByItem.set(item, bytes);
  return bytes;
}

/** Selects the first `count` items in order, without sorting all others. */
function selectFirst(
  items: readonly Item[],
  count: number,
  compare: (left: Item, right: Item) => number,
): Item[] {
  const first: Item[] = [];
  for (const item of items) {
    const last = first.at(-1);
    if (first.length === count && last !== undefined && compare(item, last) >= 0) continue;
    let place = first.length;
    while (place > 0 && compare(item, first[place - 1] ?? item) < 0) place -= 1;
    first.splice(place, 0, item);
    if (first.length > count) first.pop();
  }
  return first;
}

function createCursorKey(item: Item, cursorNames: readonly string[]): CursorKey {
  const cursorKey: Record<string, string | number> = {};
  for (const name of cursorNames) {
    const value = item[name];
    if (typeof value === 'string' || typeof value === 'number') cursorKey[name] = value;
  }
  return cursorKey;
}

type Sortable = Readonly<Record<string, unknown>>;

export function compareItems(left: Sortable, right: Sortable, order: readonly string[]): number {
  for (const name of order) {
    const result = compareValues(left[name], right[name]);
    if (result !== 0) return result;
  }
  return 0;
}

/** Compares strings by their UTF-8 bytes, which differs from JavaScript's order, and numbers by value. */
function compareValues(left: unknown, right: unknown): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  const [a, b] = [String(left), String(right)];
  if (a === b) return 0;
  let place = 0;
  while (place < a.length && a.charCodeAt(place) === b.charCodeAt(place)) place += 1;
  const [leftCode, rightCode] = [a.charCodeAt(place), b.charCodeAt(place)];
  // Both orders agree below the surrogates; past the end of a string the code is NaN.
  if (leftCode < 0xd800 && rightCode < 0xd800) return leftCode - rightCode;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
