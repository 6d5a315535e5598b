import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Condition, Item, Key, Page, Table } from '../../core/port/table.ts';
import { applyChange, isConditionMet } from '../table/apply-change.ts';
import { createCursor, requireIndexDefinition } from '../table/cursor.ts';
import { projectItem } from '../table/project-item.ts';
import { requireKey, requireStorableItem, toStoredItem } from '../table/stored-value.ts';
import type { Selection } from './build-selection.ts';
import { buildIndexSelection, buildPartitionSelection } from './build-selection.ts';
import { decodeItem, encodeItem } from './item-codec.ts';
import type { EmbeddedStore } from './open-store.ts';
import { INDEXED_ATTRIBUTES } from './open-store.ts';

/** Size at which a page ends, as in DynamoDB, in characters. */
const MAX_PAGE_LENGTH = 1024 * 1024;

/** Creates a Table in the embedded store. Unlike in DynamoDB, a read of an index sees all earlier writes. */
export function createSqliteTable({ database, commits }: EmbeddedStore): Table {
  const items = prepareItemStatements(database);
  const readPage = preparePages(database);
  return {
    get: (key) => commits.read(() => items.load(requireKey(key))),
    put: (item, condition) =>
      commits.write(() => {
        const stored = requireStorableItem(toStoredItem(item));
        if (!items.meet(stored, condition)) return false;
        items.save(stored);
        return true;
      }),
    update: (key, change, condition) =>
      commits.write(() => {
        const existing = items.load(requireKey(key));
        if (!isConditionMet(existing, condition)) return undefined;
        const changed = requireStorableItem(applyChange(key, existing, change));
        items.save(changed);
        return changed;
      }),
    delete: (key, condition) =>
      commits.write(() => {
        if (!items.meet(requireKey(key), condition)) return false;
        items.remove(key);
        return true;
      }),
    query: (pk, options = {}) =>
      commits.read(() => readPage(buildPartitionSelection(pk, options), options.limit)),
    queryIndex: (name, hash, options = {}) =>
      commits.read(() => {
        const index = requireIndexDefinition(name);
        const page = readPage(buildIndexSelection(index, hash, options), options.limit);
        return { ...page, items: page.items.map((item) => projectItem(index, item)) };
      }),
  };
}

function prepareItemStatements(database: DatabaseSync) {
  const columns = ['pk', 'sk', ...INDEXED_ATTRIBUTES, 'body'];
  const updates = columns.slice(2).map((column) => `${column} = excluded.${column}`);
  const select = database.prepare('select body from item where pk = ? and sk = ?');
  const upsert = database.prepare(
    `insert into item (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})
     on conflict (pk, sk) do update set ${updates.join(', ')}`,
  );
  const remove = database.prepare('delete from item where pk = ? and sk = ?');

  function load({ pk, sk }: Key): Item | undefined {
    const row = select.get(pk, sk);
    return row === undefined ? undefined : decodeItem(row.body);
  }

  return {
    load,
    meet: (key: Key, condition: Condition | undefined) =>
      condition === undefined || isConditionMet(load(key), condition),
    save(item: Item) {
      upsert.run(
        item.pk,
        item.sk,
        ...INDEXED_ATTRIBUTES.map((name) => toColumn(item[name])),
        encodeItem(item),
      );
    },
    remove({ pk, sk }: Key) {
      remove.run(pk, sk);
    },
  };
}

/** Returns the value of an indexed column: null for an attribute that no index can contain. */
function toColumn(value: Item[string]): string | number | null {
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}

/** Returns a function that reads a page. The page ends at the limit or at 1 MB, and has a cursor only if an item follows. */
function preparePages(database: DatabaseSync) {
  const statements = new Map<string, StatementSync>();

  function prepare(sql: string): StatementSync {
    const prepared = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, prepared);
    return prepared;
  }

  return (selection: Selection | undefined, limit = Number.POSITIVE_INFINITY): Page => {
    if (selection === undefined) return { items: [] };
    const items: Item[] = [];
    let length = 0;
    for (const { body } of prepare(selection.sql).iterate(...selection.values)) {
      const last = items.at(-1);
      const isFull = items.length >= limit || length >= MAX_PAGE_LENGTH;
      if (isFull && last !== undefined)
        return { items, next: createCursor(last, selection.cursorAttributes) };
      items.push(decodeItem(body));
      length += String(body).length;
    }
    return { items };
  };
}
