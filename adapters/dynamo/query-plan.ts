import { AppError } from '../../core/base/app-error.ts';
import type { IndexName, QueryOptions, Scalar, Table } from '../../core/port/table.ts';
import type { IndexDefinition } from '../../core/topology/table.ts';
import { TABLE } from '../../core/topology/table.ts';
import type { Placeholders } from './expression.ts';
import { createPlaceholders } from './expression.ts';

// Translates queries of a Table into the input of a DynamoDB query, which allows only one condition on the sort key.

/** Input of a DynamoDB query. */
export type QueryPlan = {
  readonly IndexName?: string;
  readonly KeyConditionExpression: string;
  readonly ConsistentRead: boolean;
  readonly ScanIndexForward: boolean;
  readonly Limit?: number;
  readonly ExclusiveStartKey?: CursorKey;
};

type PartitionOptions = Parameters<Table['query']>[1];
type IndexOptions = Parameters<Table['queryIndex']>[2];

/**
 * Highest code point, which no key contains. Every key with a prefix therefore sorts below the prefix followed by this code
 * point.
 */
const HIGHEST_CODE_POINT = '\u{10FFFF}';

/** Plans a query of a partition; returns undefined if no item can match. */
export function planPartitionQuery(pk: string, options: PartitionOptions): QueryPlan | undefined {
  const { prefix = '', from = '' } = options ?? {};
  const placeholders = createPlaceholders();
  const range = buildSortRange(prefix, from, placeholders);
  if (range === undefined) return undefined;
  const pkCondition = `${placeholders.addName(TABLE.pk)} = ${placeholders.addValue(pk)}`;
  return {
    KeyConditionExpression: range === '' ? pkCondition : `${pkCondition} AND ${range}`,
    ConsistentRead: true,
    ...buildPaging(options, createPartitionRangeCheck(pk, options)),
    ...placeholders.listFields(),
  };
}

/** Creates a check of whether a key lies in the range of a partition query. */
export function createPartitionRangeCheck(pk: string, options: PartitionOptions): RangeCheck {
  const { prefix = '', from = '' } = options ?? {};
  return {
    [TABLE.pk]: (value) => value === pk,
    [TABLE.sk]: (value) => isKey(value) && value.startsWith(prefix) && !isBelow(value, from),
  };
}

/**
 * Builds the condition on the sort key. DynamoDB allows only one such condition, so a prefix and a lower bound are combined into
 * a range. Returns undefined if no item can match.
 */
function buildSortRange(
  prefix: string,
  from: string,
  placeholders: Placeholders,
): string | undefined {
  if (prefix === '' && from === '') return '';
  const sk = placeholders.addName(TABLE.sk);
  if (prefix === '') return `${sk} >= ${placeholders.addValue(from)}`;
  if (!isBelow(prefix, from)) return `begins_with(${sk}, ${placeholders.addValue(prefix)})`;
  if (!from.startsWith(prefix)) return undefined;
  return `${sk} BETWEEN ${placeholders.addValue(from)} AND ${placeholders.addValue(prefix + HIGHEST_CODE_POINT)}`;
}

/** Compares keys by their UTF-8 bytes, like DynamoDB. */
function isBelow(left: string, right: string): boolean {
  if (right === '') return false;
  return Buffer.compare(Buffer.from(left), Buffer.from(right)) < 0;
}

function isKey(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Plans a query of an index; returns undefined if no item can match. */
export function planIndexQuery(
  name: IndexName,
  hash: string,
  options: IndexOptions,
): QueryPlan | undefined {
  const index = requireIndexDefinition(name);
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = options ?? {};
  if (from > to) return undefined;
  const placeholders = createPlaceholders();
  const hashCondition = `${placeholders.addName(index.hash)} = ${placeholders.addValue(hash)}`;
  const range = buildNumberRange(index.range, from, to, placeholders);
  return {
    IndexName: name,
    KeyConditionExpression: range === undefined ? hashCondition : `${hashCondition} AND ${range}`,
    ConsistentRead: false,
    ...buildPaging(options, createIndexRangeCheck(index, hash, options)),
    ...placeholders.listFields(),
  };
}

export function requireIndexDefinition(name: IndexName): IndexDefinition {
  const definition = TABLE.indexes.find((index) => index.name === name);
  if (definition === undefined) throw new Error(`core/topology/table.ts defines no index ${name}`);
  return definition;
}

/** Creates a check of whether a key lies in the range of an index query. */
export function createIndexRangeCheck(
  index: IndexDefinition,
  hash: string,
  options: IndexOptions,
): RangeCheck {
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
  placeholders: Placeholders,
): string | undefined {
  if (Number.isFinite(from) && Number.isFinite(to)) {
    return `${placeholders.addName(attribute)} BETWEEN ${placeholders.addValue(from)} AND ${placeholders.addValue(to)}`;
  }
  if (Number.isFinite(from))
    return `${placeholders.addName(attribute)} >= ${placeholders.addValue(from)}`;
  if (Number.isFinite(to))
    return `${placeholders.addName(attribute)} <= ${placeholders.addValue(to)}`;
  return undefined;
}

function buildPaging(options: QueryOptions | undefined, check: RangeCheck) {
  const after = options?.after;
  return {
    ScanIndexForward: options?.reverse !== true,
    ...(options?.limit === undefined ? {} : { Limit: options.limit }),
    ...(after === undefined ? {} : { ExclusiveStartKey: decodeCursor(after, check) }),
  };
}

// Clients receive cursors and send them back, so every cursor is checked against the query.

/** Content of a cursor: the key of the last item of a page; for an index query also the key attributes of the index. */
export type CursorKey = Readonly<Record<string, Scalar>>;

export function encodeCursor(cursorKey: CursorKey): string {
  return Buffer.from(JSON.stringify(cursorKey)).toString('base64url');
}

/** Key attributes of a query; each function returns true for a value in the range of the query. */
export type RangeCheck = Readonly<Record<string, (value: unknown) => boolean>>;

/** Decodes a cursor; throws AppError `bad_cursor` if the cursor does not belong to the query. */
export function decodeCursor(cursor: string, check: RangeCheck): CursorKey {
  const cursorKey = parseCursorKey(cursor);
  const checks = Object.entries(check);
  if (cursorKey === undefined || Object.keys(cursorKey).length !== checks.length)
    throw createCursorError();
  for (const [name, isAllowed] of checks) {
    if (!isAllowed(cursorKey[name])) throw createCursorError();
  }
  return cursorKey;
}

function parseCursorKey(cursor: string): CursorKey | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return isCursorKey(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isCursorKey(value: unknown): value is CursorKey {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((part) => typeof part === 'string' || typeof part === 'number');
}

function createCursorError(): AppError {
  return new AppError(
    'invalid',
    'bad_cursor',
    'the cursor does not belong to this list; start again without a cursor',
  );
}
