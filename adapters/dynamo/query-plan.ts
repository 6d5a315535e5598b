import type { IndexName, QueryOptions, Table } from '../../core/port/table.ts';
import type { IndexRow } from '../../core/topology/table.ts';
import { TABLE } from '../../core/topology/table.ts';
import type { Position, PositionCheck } from './cursor.ts';
import { decodeCursor } from './cursor.ts';
import type { Placeholders } from './expression.ts';
import { createPlaceholders } from './expression.ts';

// From the port's questions to DynamoDB's one key condition.

export type QueryPlan = {
  readonly IndexName?: string;
  readonly KeyConditionExpression: string;
  readonly ConsistentRead: boolean;
  readonly ScanIndexForward: boolean;
  readonly Limit?: number;
  readonly ExclusiveStartKey?: Position;
};

type PartitionOptions = Parameters<Table['query']>[1];
type IndexOptions = Parameters<Table['index']>[2];

/** The highest code point: no key that starts with a prefix sorts above the prefix followed by it. */
const HIGHEST_CODE_POINT = '\u{10FFFF}';

/** Undefined: nothing can match. */
export function planPartitionQuery(pk: string, options: PartitionOptions): QueryPlan | undefined {
  const { prefix = '', from = '' } = options ?? {};
  const use = createPlaceholders();
  const range = buildSortRange(prefix, from, use);
  if (range === undefined) return undefined;
  const hash = `${use.addName(TABLE.pk)} = ${use.addValue(pk)}`;
  return {
    KeyConditionExpression: range === '' ? hash : `${hash} AND ${range}`,
    ConsistentRead: true,
    ...buildPaging(options, createPartitionCheck(pk, options)),
    ...use.listFields(),
  };
}

/** Which items, and so which positions, a query takes in. */
export function createPartitionCheck(pk: string, options: PartitionOptions): PositionCheck {
  const { prefix = '', from = '' } = options ?? {};
  return {
    [TABLE.pk]: (value) => value === pk,
    [TABLE.sk]: (value) => isKey(value) && value.startsWith(prefix) && !isBelow(value, from),
  };
}

/** DynamoDB takes one condition on the sort key, so prefix and lower bound together become a range. */
function buildSortRange(prefix: string, from: string, use: Placeholders): string | undefined {
  if (prefix === '' && from === '') return '';
  const sk = use.addName(TABLE.sk);
  if (prefix === '') return `${sk} >= ${use.addValue(from)}`;
  if (!isBelow(prefix, from)) return `begins_with(${sk}, ${use.addValue(prefix)})`;
  if (!from.startsWith(prefix)) return undefined;
  return `${sk} BETWEEN ${use.addValue(from)} AND ${use.addValue(prefix + HIGHEST_CODE_POINT)}`;
}

/** Keys are ordered by their UTF-8 bytes. */
function isBelow(left: string, right: string): boolean {
  if (right === '') return false;
  return Buffer.compare(Buffer.from(left), Buffer.from(right)) < 0;
}

function isKey(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Undefined: nothing can match. */
export function planIndexQuery(
  name: IndexName,
  hash: string,
  options: IndexOptions,
): QueryPlan | undefined {
  const index = requireIndexRow(name);
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = options ?? {};
  if (from > to) return undefined;
  const use = createPlaceholders();
  const key = `${use.addName(index.hash)} = ${use.addValue(hash)}`;
  const range = buildNumberRange(index.range, from, to, use);
  return {
    IndexName: name,
    KeyConditionExpression: range === undefined ? key : `${key} AND ${range}`,
    ConsistentRead: false,
    ...buildPaging(options, createIndexCheck(index, hash, options)),
    ...use.listFields(),
  };
}

export function requireIndexRow(name: IndexName): IndexRow {
  const row = TABLE.indexes.find((index) => index.name === name);
  if (row === undefined) throw new Error(`no index ${name}`);
  return row;
}

/** Which items, and so which positions, a question to an index takes in. */
export function createIndexCheck(
  index: IndexRow,
  hash: string,
  options: IndexOptions,
): PositionCheck {
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = options ?? {};
  return {
    [index.hash]: (value) => value === hash,
    [index.range]: (value) => typeof value === 'number' && value >= from && value <= to,
    [TABLE.pk]: isKey,
    [TABLE.sk]: isKey,
  };
}

function buildNumberRange(
  attribute: string,
  from: number,
  to: number,
  use: Placeholders,
): string | undefined {
  if (Number.isFinite(from) && Number.isFinite(to)) {
    return `${use.addName(attribute)} BETWEEN ${use.addValue(from)} AND ${use.addValue(to)}`;
  }
  if (Number.isFinite(from)) return `${use.addName(attribute)} >= ${use.addValue(from)}`;
  if (Number.isFinite(to)) return `${use.addName(attribute)} <= ${use.addValue(to)}`;
  return undefined;
}

function buildPaging(options: QueryOptions | undefined, check: PositionCheck) {
  const after = options?.after;
  return {
    ScanIndexForward: options?.reverse !== true,
    ...(options?.limit === undefined ? {} : { Limit: options.limit }),
    ...(after === undefined ? {} : { ExclusiveStartKey: decodeCursor(after, check) }),
  };
}
