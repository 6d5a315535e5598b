import type { IndexName, QueryOptions, Table } from '../../core/port/table.ts';
import { type IndexRow, TABLE } from '../../core/topology/table.ts';
import { decodeCursor, type Position, type PositionCheck } from './cursor.ts';
import { createPlaceholders, type Placeholders } from './expression.ts';

// From the port's questions to DynamoDB's one key condition.

export type QueryPlan = {
  IndexName?: string;
  KeyConditionExpression: string;
  ConsistentRead: boolean;
  ScanIndexForward: boolean;
  Limit?: number;
  ExclusiveStartKey?: Position;
};

type PartitionOptions = Parameters<Table['query']>[1];
type IndexOptions = Parameters<Table['index']>[2];

/** The highest code point: no key that starts with a prefix sorts above the prefix followed by it. */
const HIGHEST = '\u{10FFFF}';

/** Undefined: nothing can match. */
export function partitionQuery(pk: string, options: PartitionOptions): QueryPlan | undefined {
  const { prefix = '', from = '' } = options ?? {};
  const use = createPlaceholders();
  const range = sortRange(prefix, from, use);
  if (range === undefined) return undefined;
  const hash = `${use.name(TABLE.pk)} = ${use.value(pk)}`;
  return {
    KeyConditionExpression: range === '' ? hash : `${hash} AND ${range}`,
    ConsistentRead: true,
    ...paging(options, partitionCheck(pk, options)),
    ...use.fields(),
  };
}

/** Which items, and so which positions, a query takes in. */
export function partitionCheck(pk: string, options: PartitionOptions): PositionCheck {
  const { prefix = '', from = '' } = options ?? {};
  return {
    [TABLE.pk]: (value) => value === pk,
    [TABLE.sk]: (value) => isKey(value) && value.startsWith(prefix) && !isBelow(value, from),
  };
}

/** DynamoDB takes one condition on the sort key, so prefix and lower bound together become a range. */
function sortRange(prefix: string, from: string, use: Placeholders): string | undefined {
  if (prefix === '' && from === '') return '';
  const sk = use.name(TABLE.sk);
  if (prefix === '') return `${sk} >= ${use.value(from)}`;
  if (!isBelow(prefix, from)) return `begins_with(${sk}, ${use.value(prefix)})`;
  if (!from.startsWith(prefix)) return undefined;
  return `${sk} BETWEEN ${use.value(from)} AND ${use.value(prefix + HIGHEST)}`;
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
export function indexQuery(
  name: IndexName,
  hash: string,
  options: IndexOptions,
): QueryPlan | undefined {
  const index = indexRow(name);
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = options ?? {};
  if (from > to) return undefined;
  const use = createPlaceholders();
  const key = `${use.name(index.hash)} = ${use.value(hash)}`;
  const range = numberRange(index.range, from, to, use);
  return {
    IndexName: name,
    KeyConditionExpression: range === undefined ? key : `${key} AND ${range}`,
    ConsistentRead: false,
    ...paging(options, indexCheck(index, hash, options)),
    ...use.fields(),
  };
}

export function indexRow(name: IndexName): IndexRow {
  const row = TABLE.indexes.find((index) => index.name === name);
  if (row === undefined) throw new Error(`no index ${name}`);
  return row;
}

/** Which items, and so which positions, a question to an index takes in. */
export function indexCheck(index: IndexRow, hash: string, options: IndexOptions): PositionCheck {
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = options ?? {};
  return {
    [index.hash]: (value) => value === hash,
    [index.range]: (value) => typeof value === 'number' && value >= from && value <= to,
    [TABLE.pk]: isKey,
    [TABLE.sk]: isKey,
  };
}

function numberRange(
  attribute: string,
  from: number,
  to: number,
  use: Placeholders,
): string | undefined {
  if (Number.isFinite(from) && Number.isFinite(to)) {
    return `${use.name(attribute)} BETWEEN ${use.value(from)} AND ${use.value(to)}`;
  }
  if (Number.isFinite(from)) return `${use.name(attribute)} >= ${use.value(from)}`;
  if (Number.isFinite(to)) return `${use.name(attribute)} <= ${use.value(to)}`;
  return undefined;
}

function paging(options: QueryOptions | undefined, check: PositionCheck) {
  const after = options?.after;
  return {
    ScanIndexForward: options?.reverse !== true,
    ...(options?.limit === undefined ? {} : { Limit: options.limit }),
    ...(after === undefined ? {} : { ExclusiveStartKey: decodeCursor(after, check) }),
  };
}
