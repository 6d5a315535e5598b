import type { IndexName, QueryOptions, Table } from '../../core/port/table.ts';
import { TABLE } from '../../core/topology/table.ts';
import type { CursorKey, RangeCheck } from '../table/cursor.ts';
import {
  createIndexRangeCheck,
  createPartitionRangeCheck,
  decodeCursor,
  HIGHEST_CODE_POINT,
  isBelow,
  requireIndexDefinition,
} from '../table/cursor.ts';
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
