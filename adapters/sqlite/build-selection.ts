import type { QueryOptions, Table } from '../../core/port/table.ts';
import type { IndexDefinition } from '../../core/topology/table.ts';
import { TABLE } from '../../core/topology/table.ts';
import type { CursorKey, RangeCheck } from '../table/cursor.ts';
import {
  createIndexRangeCheck,
  createPartitionRangeCheck,
  decodeCursor,
  HIGHEST_CODE_POINT,
  isBelow,
} from '../table/cursor.ts';

// Translates queries of a Table into SQL. SQLite compares texts by their UTF-8 bytes, like DynamoDB.

/** SELECT statement with its values. Few texts exist, so that the statements can be prepared once. */
export type Selection = {
  readonly sql: string;
  readonly values: readonly (string | number)[];
  /** Attributes of the last item of a page that its cursor contains. */
  readonly cursorAttributes: readonly string[];
};

/** Condition of a selection with its values. */
type Bound = readonly [sql: string, ...values: (string | number)[]];

/** Builds the selection of items in a partition; returns undefined if no item can match. */
export function buildPartitionSelection(
  pk: string,
  options: NonNullable<Parameters<Table['query']>[1]>,
): Selection | undefined {
  const { prefix = '', from = '', reverse } = options;
  const check = createPartitionRangeCheck(pk, options);
  const after = readCursor(options, check)?.sk;
  const isFromAbovePrefix = isBelow(prefix, from);
  if (isFromAbovePrefix && !from.startsWith(prefix)) return undefined;
  const low = isFromAbovePrefix ? from : prefix;
  const bounds: Bound[] = [['pk = ?', pk]];
  if (after !== undefined && reverse !== true) bounds.push(['sk > ?', String(after)]);
  else if (low !== '') bounds.push(['sk >= ?', low]);
  if (after !== undefined && reverse === true) bounds.push(['sk < ?', String(after)]);
  else if (prefix !== '') bounds.push(['sk < ?', prefix + HIGHEST_CODE_POINT]);
  return buildSelection(bounds, ['sk'], reverse, check);
}

/** Builds the selection of items in an index; returns undefined if no item can match. */
export function buildIndexSelection(
  index: IndexDefinition,
  hash: string,
  options: NonNullable<Parameters<Table['queryIndex']>[2]>,
): Selection | undefined {
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY, reverse } = options;
  if (from > to) return undefined;
  const check = createIndexRangeCheck(index, hash, options);
  const after = readCursor(options, check);
  const order = [index.range, TABLE.pk, TABLE.sk];
  const position: Bound | undefined =
    after === undefined
      ? undefined
      : [
          `(${order.join(', ')}) ${reverse === true ? '<' : '>'} (?, ?, ?)`,
          Number(after[index.range]),
          String(after.pk),
          String(after.sk),
        ];
  // Both range bounds are always present, because SQLite uses the partial index only for a range that is not null.
  const bounds: Bound[] = [
    [`${index.hash} = ?`, hash],
    [`${index.range} >= ?`, from],
    [`${index.range} <= ?`, to],
    ...(position === undefined ? [] : [position]),
  ];
  return buildSelection(bounds, order, reverse, check);
}

function readCursor(options: QueryOptions, check: RangeCheck): CursorKey | undefined {
  return options.after === undefined ? undefined : decodeCursor(options.after, check);
}

function buildSelection(
  bounds: readonly Bound[],
  order: readonly string[],
  reverse: boolean | undefined,
  check: RangeCheck,
): Selection {
  const where = bounds.map(([sql]) => sql).join(' and ');
  const orderBy = order.map((column) => (reverse === true ? `${column} desc` : column)).join(', ');
  return {
    sql: `select body from item where ${where} order by ${orderBy}`,
    values: bounds.flatMap(([, ...values]) => values),
    cursorAttributes: Object.keys(check),
  };
}
