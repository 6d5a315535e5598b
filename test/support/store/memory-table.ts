import type { TableOperation } from '../../../adapters/dynamo/create-dynamo-table.ts';
import { applyChange, isConditionMet } from '../../../adapters/table/apply-change.ts';
import type { RangeCheck } from '../../../adapters/table/cursor.ts';
import {
  createIndexRangeCheck,
  createPartitionRangeCheck,
  decodeCursor,
  requireIndexDefinition,
} from '../../../adapters/table/cursor.ts';
import {
  requireKey,
  requireStorableItem,
  toStoredItem,
} from '../../../adapters/table/stored-value.ts';
import type { IndexName, Item, Key, QueryOptions, Table } from '../../../core/port/table.ts';
import { compareItems, createPage } from './item-page.ts';
import { MemoryItems } from './memory-items.ts';

/** Hooks with which a test makes operations fail or index reads lag. */
export type MemoryTableOptions = {
  /** Called before an operation; an error prevents the operation. `key.sk` is empty for `query` and `index`. */
  readonly beforeEffect?: (operation: TableOperation, key: Key) => void | Promise<void>;
  /** Called after an operation; an error simulates an operation whose answer is lost. */
  readonly afterEffect?: (operation: TableOperation, key: Key) => void | Promise<void>;
  /** Returns how many of the latest writes a read of an index omits, from 0 to MAX_INDEX_LAG. Default: 0. */
  readonly indexLag?: (name: IndexName, hash: string) => number;
};

/** Table in memory, for tests. */
export type MemoryTable = Table & {
  /** Lists all items, sorted by their keys. */
  listAll(): Item[];
};

/** Creates a `Table` in memory with the semantics of DynamoDB, which the contract suite checks. Returned items are frozen. */
export function createMemoryTable(options: MemoryTableOptions = {}): MemoryTable {
  const items = new MemoryItems();
  const runWithHooks = createHookRunner(options);
  return {
    get: (key) => runWithHooks('get', key, () => items.readItem(requireKey(key))),
    put: (item, condition) =>
      runWithHooks('put', item, () => {
        const stored = requireStorableItem(toStoredItem(item));
        if (!isConditionMet(items.readItem(stored), condition)) return false;
        items.writeItem(stored, freezeValue(stored));
        return true;
      }),
    update: (key, change, condition) =>
      runWithHooks('update', key, () => {
        const existing = items.readItem(requireKey(key));
        if (!isConditionMet(existing, condition)) return undefined;
        const changed = requireStorableItem(applyChange(key, existing, change));
        items.writeItem(key, freezeValue(changed));
        return changed;
      }),
    delete: (key, condition) =>
      runWithHooks('delete', key, () => {
        if (!isConditionMet(items.readItem(requireKey(key)), condition)) return false;
        items.writeItem(key, undefined);
        return true;
      }),
    query: (pk, query = {}) =>
      runWithHooks('query', { pk, sk: '' }, () => {
        const check = createPartitionRangeCheck(pk, query);
        return createPage(
          filterByQueryRange(items.listPartition(pk), check),
          ['sk'],
          ...getPaging(query, check),
        );
      }),
    queryIndex: (name, hash, query = {}) =>
      runWithHooks('index', { pk: hash, sk: '' }, () => {
        const indexDefinition = requireIndexDefinition(name);
        const check = createIndexRangeCheck(indexDefinition, hash, query);
        const entries = items.listIndexed(
          indexDefinition,
          hash,
          options.indexLag?.(name, hash) ?? 0,
        );
        const order = [indexDefinition.range, 'pk', 'sk'];
        return createPage(filterByQueryRange(entries, check), order, ...getPaging(query, check));
      }),
    listAll: () => items.listAll().sort((left, right) => compareItems(left, right, ['pk', 'sk'])),
  };
}

function createHookRunner(options: MemoryTableOptions) {
  return async <T>(operation: TableOperation, key: Key, body: () => T): Promise<T> => {
    if (options.beforeEffect !== undefined) await options.beforeEffect(operation, key);
    const answer = body();
    if (options.afterEffect !== undefined) await options.afterEffect(operation, key);
    return answer;
  };
}

function filterByQueryRange(items: readonly Item[], check: RangeCheck): Item[] {
  const checks = Object.entries(check);
  return items.filter((item) => checks.every(([name, isInRange]) => isInRange(item[name])));
}

function getPaging(query: QueryOptions, check: RangeCheck) {
  const after = query.after === undefined ? undefined : decodeCursor(query.after, check);
  return [Object.keys(check), query, after] as const;
}

function freezeValue<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Set) return value;
  for (const part of Object.values(value)) freezeValue(part);
  return Object.freeze(value);
}
