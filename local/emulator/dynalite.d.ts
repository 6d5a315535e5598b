// Types for the functions of dynalite that this project uses, because dynalite ships no types.

declare module 'dynalite' {
  import type { Server } from 'node:http';

  function dynalite(options: {
    readonly path: string;
    readonly createTableMs: number;
    readonly updateTableMs: number;
    readonly deleteTableMs: number;
  }): Server;
  export = dynalite;
}

declare module 'dynalite/db/index.js' {
  export type StoredItem = Readonly<Record<string, unknown>>;
  export type StoredTable = {
    readonly TableName: string;
    readonly GlobalSecondaryIndexes?: readonly { readonly IndexName: string }[];
  };
  type EntryIterator = AsyncIterable<readonly [string, StoredItem]>;
  export type Level = {
    open(): Promise<void>;
    get(key: string): Promise<StoredItem | undefined>;
    put(key: string, value: StoredItem): Promise<void>;
    del(key: string): Promise<void>;
    iterator(range: { readonly gte: string; readonly lt: string }): EntryIterator;
    close(): Promise<void>;
  };
  export type Store = {
    readonly db: Level;
    getTable(name: string, done: (error: unknown, table: StoredTable) => void): void;
  };
  export function create(options: { readonly path: string }): Store;
  export function createKey(item: StoredItem, table: StoredTable): string;
  export function getIndexActions(
    indexes: readonly { readonly IndexName: string }[],
    existing: StoredItem | null,
    item: StoredItem,
    table: StoredTable,
  ): {
    readonly puts: readonly {
      readonly index: string;
      readonly key: string;
      readonly item: StoredItem;
    }[];
  };
}
