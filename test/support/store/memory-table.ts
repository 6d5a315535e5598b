import type { TableOperation } from '../../../adapters/dynamo/create-dynamo-table.ts';
import type { PositionCheck } from '../../../adapters/dynamo/cursor.ts';
import { decodeCursor } from '../../../adapters/dynamo/cursor.ts';
import {
  createIndexCheck,
  createPartitionCheck,
  requireIndexRow,
} from '../../../adapters/dynamo/query-plan.ts';
import { requireItemFits, toStoredItem } from '../../../adapters/dynamo/stored-value.ts';
import type { IndexName, Item, Key, QueryOptions, Table } from '../../../core/port/table.ts';
import { TABLE } from '../../../core/topology/table.ts';
import { applyChange, createRefusal, isConditionMet } from './apply-change.ts';
import { compareItems, createPage } from './item-page.ts';
import { MemoryItems } from './memory-items.ts';

export type MemoryTableOptions = {
  /** Awaited before an operation takes effect; throwing prevents it. For query and index `key.sk` is empty. */
  readonly beforeEffect?: (operation: TableOperation, key: Key) => void | Promise<void>;
  /** Awaited after the effect and before the answer; throwing is an applied write whose answer is lost. */
  readonly afterEffect?: (operation: TableOperation, key: Key) => void | Promise<void>;
  /** How many of the latest writes to the table this answer has not seen; 0 is up to date, at most MAX_INDEX_LAG. */
  readonly indexLag?: (name: IndexName, hash: string) => number;
};

export type MemoryTable = Table & {
  /** Everything stored, in order of its keys: for a test to judge, not for the code under test. */
  listAll(): Item[];
};

/** A `Table` in memory, held to DynamoDB's semantics by the contract suite. The items that it answers are frozen. */
export function createMemoryTable(options: MemoryTableOptions = {}): MemoryTable {
  const items = new MemoryItems();
  const effect = createEffects(options);
  return {
    get: (key) => effect('get', key, () => items.readItem(requireKey(key))),
    put: (item, condition) =>
      effect('put', item, () => {
        const stored = requireStorable(toStoredItem(item));
        if (!isConditionMet(items.readItem(stored), condition)) return false;
        items.writeItem(stored, freezeValue(stored));
        return true;
      }),
    update: (key, change, condition) =>
      effect('update', key, () => {
        const existing = items.readItem(requireKey(key));
        if (!isConditionMet(existing, condition)) return undefined;
        const changed = requireStorable(applyChange(key, existing, change));
        items.writeItem(key, freezeValue(changed));
        return changed;
      }),
    delete: (key, condition) =>
      effect('delete', key, () => {
        if (!isConditionMet(items.readItem(requireKey(key)), condition)) return false;
        items.writeItem(key, undefined);
        return true;
      }),
    query: (pk, query = {}) =>
      effect('query', { pk, sk: '' }, () => {
        const check = createPartitionCheck(pk, query);
        return createPage(
          filterByPosition(items.listPartition(pk), check),
          ['sk'],
          ...getPaging(query, check),
        );
      }),
    index: (name, hash, query = {}) =>
      effect('index', { pk: hash, sk: '' }, () => {
        const row = requireIndexRow(name);
        const check = createIndexCheck(row, hash, query);
        const entries = items.listIndexed(row, hash, options.indexLag?.(name, hash) ?? 0);
        const order = [row.range, 'pk', 'sk'];
        return createPage(filterByPosition(entries, check), order, ...getPaging(query, check));
      }),
    listAll: () => items.listAll().sort((left, right) => compareItems(left, right, ['pk', 'sk'])),
  };
}

function createEffects(options: MemoryTableOptions) {
  return async <T>(operation: TableOperation, key: Key, act: () => T): Promise<T> => {
    if (options.beforeEffect !== undefined) await options.beforeEffect(operation, key);
    const answer = act();
    if (options.afterEffect !== undefined) await options.afterEffect(operation, key);
    return answer;
  };
}

function filterByPosition(items: readonly Item[], check: PositionCheck): Item[] {
  const checks = Object.entries(check);
  return items.filter((item) => checks.every(([name, isRight]) => isRight(item[name])));
}

function getPaging(query: QueryOptions, check: PositionCheck) {
  const after = query.after === undefined ? undefined : decodeCursor(query.after, check);
  return [Object.keys(check), query, after] as const;
}

function requireStorable(item: Item): Item {
  requireKey(item);
  requireItemFits(item);
  for (const row of TABLE.indexes) {
    const [hash, range] = [item[row.hash], item[row.range]];
    if (hash !== undefined && (typeof hash !== 'string' || hash === '')) {
      throw createRefusal(`${row.hash} must be a string that is not empty`);
    }
    if (range !== undefined && typeof range !== 'number') {
      throw createRefusal(`${row.range} must be a number`);
    }
  }
  return item;
}

function requireKey<K extends Key>(key: K): K {
  if (key.pk === '' || key.sk === '') throw createRefusal('a key cannot be empty');
  return key;
}

function freezeValue<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Set) return value;
  for (const part of Object.values(value)) freezeValue(part);
  return Object.freeze(value);
}
