import type { Item, Key } from '../../core/port/table.ts';
import { type IndexRow, TABLE } from '../../core/topology/table.ts';

type Write = { readonly before: Item | undefined; readonly after: Item | undefined };

/** The latest writes that an index can be asked to have missed. */
export const MAX_INDEX_LAG = 256;

/** The items of a memory table with its sparse indexes, and the latest writes, so that an index can answer late. */
export class MemoryItems {
  readonly #partitions = new Map<string, Map<string, Item>>();
  readonly #indexes = new Map<string, Map<string, Item>>();
  readonly #writes: Write[] = [];

  read(key: Key): Item | undefined {
    return this.#partitions.get(key.pk)?.get(key.sk);
  }

  /** `after` undefined: the item is removed. */
  write(key: Key, after: Item | undefined): void {
    const before = this.read(key);
    for (const row of TABLE.indexes) {
      if (isIn(row, before)) bucket(this.#indexes, indexId(row, before)).delete(idOf(key));
      if (isIn(row, after)) bucket(this.#indexes, indexId(row, after)).set(idOf(key), after);
    }
    if (after === undefined) this.#partitions.get(key.pk)?.delete(key.sk);
    else bucket(this.#partitions, key.pk).set(key.sk, after);
    this.#writes.push({ before, after });
    if (this.#writes.length > MAX_INDEX_LAG) this.#writes.shift();
  }

  partition(pk: string): Item[] {
    return [...(this.#partitions.get(pk)?.values() ?? [])];
  }

  /** The index's entries as they were `lag` writes to the table ago. */
  indexed(row: IndexRow, hash: string, lag: number): Item[] {
    const current = this.#indexes.get(`${row.name}=${hash}`);
    if (lag <= 0) return [...(current?.values() ?? [])];
    const entries = new Map(current);
    const unseen = this.#writes.slice(-lag);
    for (const { before, after } of unseen.reverse()) {
      if (after !== undefined) entries.delete(idOf(after));
      if (isIn(row, before) && before[row.hash] === hash) entries.set(idOf(before), before);
    }
    return [...entries.values()];
  }

  all(): Item[] {
    return [...this.#partitions.values()].flatMap((items) => [...items.values()]);
  }
}

function isIn(row: IndexRow, item: Item | undefined): item is Item {
  return item?.[row.hash] !== undefined && item[row.range] !== undefined;
}

function indexId(row: IndexRow, item: Item): string {
  return `${row.name}=${String(item[row.hash])}`;
}

function idOf(key: Key): string {
  return `${key.pk}\u0000${key.sk}`;
}

function bucket(map: Map<string, Map<string, Item>>, name: string): Map<string, Item> {
  const known = map.get(name);
  if (known !== undefined) return known;
  const made = new Map<string, Item>();
  map.set(name, made);
  return made;
}
