import type { Level, Store, StoredItem, StoredTable } from 'dynalite/db/index.js';
import { create, createKey, getIndexActions } from 'dynalite/db/index.js';
import { AppError } from '../../core/base/app-error.ts';

// dynalite writes the index entries of an item in separate steps before the item. A process that is killed in between leaves
// an index that differs from the items; for example, an item with pending work is missing from the index of due items.
// DynamoDB has no such inconsistency, so this module repairs each index after an unclean exit.

/** Repairs all indexes if the previous process had an unclean exit. Returns the number of repaired index entries. */
export async function repairIndexes(path: string, hadUncleanExit: boolean): Promise<number> {
  const store = create({ path });
  await openDatabase(store.db, path);
  try {
    if (!hadUncleanExit) return 0;
    let repairedCount = 0;
    for (const name of await listTableNames(store.db)) {
      const table = await readTable(store, name);
      repairedCount += await putMissingEntries(store.db, table);
      repairedCount += await removeStaleEntries(store.db, table);
    }
    return repairedCount;
  } finally {
    await store.db.close();
  }
}

async function openDatabase(db: Level, path: string): Promise<void> {
  try {
    await db.open();
  } catch (cause) {
    const message = `the data in ${path} cannot be opened: another smol-gang may be using it; stop that process and try again`;
    throw new AppError('conflict', 'store_in_use', message, { cause });
  }
}

async function listTableNames(db: Level): Promise<string[]> {
  const names: string[] = [];
  for await (const [key] of readEntries(db, 'table~')) names.push(key.slice('table~'.length));
  return names;
}

function readTable(store: Store, name: string): Promise<StoredTable> {
  return new Promise((resolve, reject) => {
    store.getTable(name, (error, table) => (error ? reject(error) : resolve(table)));
  });
}

async function putMissingEntries(db: Level, table: StoredTable): Promise<number> {
  let count = 0;
  for await (const [, item] of readEntries(db, getItemPrefix(table))) {
    for (const [key, entry] of computeIndexEntries(table, item)) {
      if (JSON.stringify(await db.get(key)) === JSON.stringify(entry)) continue;
      await db.put(key, entry);
      count += 1;
    }
  }
  return count;
}

async function removeStaleEntries(db: Level, table: StoredTable): Promise<number> {
  let count = 0;
  for await (const [key, entry] of readEntries(db, `index-global~${table.TableName}~`)) {
    const item = await db.get(getItemPrefix(table) + createKey(entry, table));
    if (item !== undefined && computeIndexEntries(table, item).has(key)) continue;
    await db.del(key);
    count += 1;
  }
  return count;
}

function computeIndexEntries(table: StoredTable, item: StoredItem): Map<string, StoredItem> {
  const { puts } = getIndexActions(table.GlobalSecondaryIndexes ?? [], null, item, table);
  const prefix = `index-global~${table.TableName}~`;
  return new Map(puts.map((put) => [`${prefix}${put.index}~${put.key}`, put.item]));
}

function getItemPrefix(table: StoredTable): string {
  return `item-${table.TableName}~`;
}

/** Iterates over a snapshot of all entries with a prefix; later writes do not affect the iteration. */
function readEntries(db: Level, prefix: string) {
  return db.iterator({ gte: prefix, lt: `${prefix}\u{ff}` });
}
