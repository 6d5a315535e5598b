import type { Position } from '../../../adapters/dynamo/cursor.ts';
import { encodeCursor } from '../../../adapters/dynamo/cursor.ts';
import { countItemBytes } from '../../../adapters/dynamo/stored-value.ts';
import type { Item, Page, QueryOptions } from '../../../core/port/table.ts';

const MAX_PAGE_BYTES = 1024 * 1024;
/** Stored items never change, and are read far more often than they are written. */
const sizeByItem = new WeakMap<Item, number>();

/**
 * One page of `items`, cut like DynamoDB cuts it: at the limit or at 1 MB, and with `next` whenever it was cut, even if
 * nothing follows. `order`: the attributes that sort them; `named`: those that a position is made of.
 */
export function createPage(
  items: readonly Item[],
  order: readonly string[],
  named: readonly string[],
  options: QueryOptions,
  after: Position | undefined,
): Page {
  if (items.length === 0) return { items: [] };
  const sign = options.reverse === true ? -1 : 1;
  const rest = items.filter(
    (item) => after === undefined || sign * compareItems(item, after, order) > 0,
  );
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const compare = (left: Item, right: Item): number => sign * compareItems(left, right, order);
  const sorted = limit < rest.length ? selectFirst(rest, limit, compare) : rest.sort(compare);
  const page: Item[] = [];
  let bytes = 0;
  for (const item of sorted) {
    page.push(item);
    bytes += measureItemSize(item);
    if (page.length < limit && bytes < MAX_PAGE_BYTES) continue;
    return { items: page, next: encodeCursor(getPosition(item, named)) };
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

/** The first `count` in order, without sorting those that nobody asked for. */
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

function getPosition(item: Item, named: readonly string[]): Position {
  const position: Record<string, string | number> = {};
  for (const name of named) {
    const value = item[name];
    if (typeof value === 'string' || typeof value === 'number') position[name] = value;
  }
  return position;
}

type Sortable = Readonly<Record<string, unknown>>;

export function compareItems(left: Sortable, right: Sortable, order: readonly string[]): number {
  for (const name of order) {
    const result = compareValues(left[name], right[name]);
    if (result !== 0) return result;
  }
  return 0;
}

/** Strings by their UTF-8 bytes, which JavaScript's own order is not. */
function compareValues(left: unknown, right: unknown): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  const [a, b] = [String(left), String(right)];
  if (a === b) return 0;
  let place = 0;
  while (place < a.length && a.charCodeAt(place) === b.charCodeAt(place)) place += 1;
  const [one, other] = [a.charCodeAt(place), b.charCodeAt(place)];
  // Up to the surrogates both orders are the same; past the end of a string there is no code.
  if (one < 0xd800 && other < 0xd800) return one - other;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
