import type { Item, Key } from '../../../core/port/table.ts';
import type { IndexDefinition } from '../../../core/topology/table.ts';
import { TABLE } from '../../../core/topology/table.ts';
import { projectItem } from './project-item.ts';

type ItemWrite = { readonly before: Item | undefined; readonly after: Item | undefined };

/** Largest number of recent writes an index read can omit. */
export const MAX_INDEX_LAG = 256;

/** Items of a memory table with its sparse indexes, and the latest writes, so that an index read can omit some of them. */
export class MemoryItems {
  readonly #partitions = new Map<string, Map<string, Item>>();
  readonly #indexes = new Map<string, Map<string, Item>>();
  readonly #writes: ItemWrite[] = [];

  readItem(key: Key): Item | undefined {
    return this.#partitions.get(key.pk)?.get(key.sk);
  }

  /** Stores an item; `after` undefined removes the item. */
  writeItem(key: Key, after: Item | undefined): void {
    const before = this.readItem(key);
    for (const index of TABLE.indexes) {
      if (isIndexed(index, before))
        getBucket(this.#indexes, getIndexId(index, before)).delete(getItemId(key));
      if (isIndexed(index, after))
        getBucket(this.#indexes, getIndexId(index, after)).set(getItemId(key), after);
    }
    if (after === undefined) this.#partitions.get(key.pk)?.delete(key.sk);
    else getBucket(this.#partitions, key.pk).set(key.sk, after);
    this.#writes.push({ before, after });
    if (this.#writes.length > MAX_INDEX_LAG) this.#writes.shift();
  }

  listPartition(pk: string): Item[] {
    return [...(this.#partitions.get(pk)?.values() ?? [])];
  }

  /** Lists the entries of an index as of `lag` writes ago. */
  listIndexed(index: IndexDefinition, hash: string, lag: number): Item[] {
    const current = this.#indexes.get(`${index.name}=${hash}`);
    if (lag <= 0) return [...(current?.values() ?? [])].map((item) => projectItem(index, item));
    const entries = new Map(current);
    const unseen = this.#writes.slice(-lag);
    for (const { before, after } of unseen.reverse()) {
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

function getIndexId(index: IndexDefinition, item: Item): string {
  return `${index.name}=${String(item[index.hash])}`;
}

function getItemId(key: Key): string {
  return `${key.pk}\u0000${key.sk}`;
}

function getBucket(map: Map<string, Map<string, Item>>, name: string): Map<string, Item> {
  const existing = map.get(name);
  if (existing !== undefined) return existing;
  const bucket = new Map<string, Item>();
  map.set(name, bucket);
  return bucket;
}
