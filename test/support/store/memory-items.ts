import { projectItem } from '../../../adapters/table/project-item.ts';
import type { Item, Key } from '../../../core/port/table.ts';
import type { IndexDefinition } from '../../../core/topology/table.ts';
import { TABLE } from '../../../core/topology/table.ts';

/** State of an item before and after a write; undefined: the item did not exist, or was removed. */
type ItemWrite = { readonly before: Item | undefined; readonly after: Item | undefined };

/** Maximum number of recent writes that an index read can omit. */
export const MAX_INDEX_LAG = 256;

/** Items of a table in memory, its sparse indexes, and the latest writes, which an index read can omit. */
export class MemoryItems {
  readonly #partitions = new Map<string, Map<string, Item>>();
  readonly #indexes = new Map<string, Map<string, Item>>();
  readonly #writes: ItemWrite[] = [];

  readItem(key: Key): Item | undefined {
    return this.#partitions.get(key.pk)?.get(key.sk);
  }

  /** Stores the item `after`; undefined removes the item with the key. */
  writeItem(key: Key, after: Item | undefined): void {
    const before = this.readItem(key);
    for (const index of TABLE.indexes) {
      if (isIndexed(index, before))
        getOrCreateMap(this.#indexes, getPartitionId(index, before)).delete(getItemId(key));
      if (isIndexed(index, after))
        getOrCreateMap(this.#indexes, getPartitionId(index, after)).set(getItemId(key), after);
    }
    if (after === undefined) this.#partitions.get(key.pk)?.delete(key.sk);
    else getOrCreateMap(this.#partitions, key.pk).set(key.sk, after);
    this.#writes.push({ before, after });
    if (this.#writes.length > MAX_INDEX_LAG) this.#writes.shift();
  }

  listPartition(pk: string): Item[] {
    return [...(this.#partitions.get(pk)?.values() ?? [])];
  }

  /** Lists the items of an index partition as they were before the latest `omittedWriteCount` writes to the table. */
  listIndexed(index: IndexDefinition, hash: string, omittedWriteCount: number): Item[] {
    const current = this.#indexes.get(`${index.name}=${hash}`);
    if (omittedWriteCount <= 0)
      return [...(current?.values() ?? [])].map((item) => projectItem(index, item));
    const entries = new Map(current);
    const omittedWrites = this.#writes.slice(-omittedWriteCount);
    for (const { before, after } of omittedWrites.reverse()) {
      if (after !== undefined) entries.delete(getItemId(after));
      if (isIndexed(index, before) && before[index.hash] === hash)
        entries.set(getItemId(before), before);
    }
    return [...entries.values()].map((item) => projectItem(index, item));
  }

  listAll(): Item[] {
    return [...this.#partitions.values()].flatMap((items) => [...items.values()]);
  }
}

function isIndexed(index: IndexDefinition, item: Item | undefined): item is Item {
  return item?.[index.hash] !== undefined && item[index.range] !== undefined;
}

function getPartitionId(index: IndexDefinition, item: Item): string {
  return `${index.name}=${String(item[index.hash])}`;
}

function getItemId(key: Key): string {
  return `${key.pk}\u0000${key.sk}`;
}

/** Returns the inner map with the name; creates the inner map if there is none. */
function getOrCreateMap(map: Map<string, Map<string, Item>>, name: string): Map<string, Item> {
  const existing = map.get(name);
  if (existing !== undefined) return existing;
  const innerMap = new Map<string, Item>();
  map.set(name, innerMap);
  return innerMap;
}
