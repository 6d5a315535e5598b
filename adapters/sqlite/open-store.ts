import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../core/base/app-error.ts';
import { TABLE } from '../../core/topology/table.ts';
import { CommitGroup } from './commit-group.ts';
import { toStoreError } from './to-store-error.ts';

/** Version of the schema, stored as `user_version`. A change of the schema needs a higher version and a migration. */
export const STORE_VERSION = 1;
/** Name of the database file in the folder of the store. */
export const STORE_FILE = 'store.sqlite';

/** A write-ahead log that has grown beyond this size is truncated at the next checkpoint, bytes. */
const MAX_LOG_BYTES = 64 * 1024 * 1024;

/** Open database of the embedded table and queues. Only one process may have it open. */
export type EmbeddedStore = {
  readonly database: DatabaseSync;
  /** Runs writes in a shared transaction, and reads after it. */
  readonly commits: CommitGroup;
  /** Waits for the open transaction and closes the file. */
  close(): Promise<void>;
};

/**
 * Opens the database in `folder`, which is created if missing. A write is durable when its promise resolves, also after a power
 * failure.
 *
 * @throws AppError `data_version` for data of a newer release, `data_damaged` for a file that is not a readable database
 */
export function openEmbeddedStore(folder: string): EmbeddedStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, STORE_FILE);
  // SQLite would create a file that other users can read; its log takes the mode of the file.
  closeSync(openSync(path, 'a', 0o600));
  const database = openDatabase(path);
  const commits = new CommitGroup(database);
  return {
    database,
    commits,
    async close() {
      await commits.settle();
      if (database.isOpen) database.close();
    },
  };
}

function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    // macOS flushes the disk's own cache only with `fullfsync`.
    database.exec(`
      pragma journal_mode = wal;
      pragma synchronous = full;
      pragma fullfsync = on;
      pragma checkpoint_fullfsync = on;
      pragma journal_size_limit = ${MAX_LOG_BYTES};
      pragma busy_timeout = 5000;
    `);
    prepareSchema(database, path);
    return database;
  } catch (error) {
    if (database?.isOpen === true) database.close();
    throw toStoreError(error, path);
  }
}

function prepareSchema(database: DatabaseSync, path: string): void {
  const version = Number(database.prepare('pragma user_version').get()?.user_version ?? 0);
  if (version > STORE_VERSION) {
    throw new AppError(
      'conflict',
      'data_version',
      `${path} has version ${version}, but this smol-gang reads versions up to ${STORE_VERSION}: use the release of smol-gang that wrote the data`,
    );
  }
  if (version === STORE_VERSION) return;
  database.exec(
    `begin immediate; ${buildSchema()} pragma user_version = ${STORE_VERSION}; commit;`,
  );
}

/** Columns of the key attributes of all indexes, and of the expiry. */
export const INDEXED_ATTRIBUTES: readonly string[] = [
  ...TABLE.indexes.flatMap(({ hash, range }) => [hash, range]),
  TABLE.ttl,
];

function buildSchema(): string {
  const columns = TABLE.indexes.map(({ hash, range }) => `${hash} text, ${range} any`).join(', ');
  const indexes = TABLE.indexes.map(
    ({ name, hash, range }) =>
      `create index item_by_${name} on item (${hash}, ${range}, pk, sk) where ${hash} is not null and ${range} is not null;`,
  );
  return `
    create table item (
      pk text not null, sk text not null, ${columns}, ${TABLE.ttl} any, body text not null, unique (pk, sk)
    ) strict;
    ${indexes.join('\n')}
    create index item_by_expiry on item (${TABLE.ttl}) where ${TABLE.ttl} is not null;
    create table message (
      id integer primary key autoincrement, queue text not null, body text not null, visible_at integer not null,
      receives integer not null default 0, sent_at integer not null, received_at integer, is_dead integer not null default 0
    ) strict;
    create index message_by_visibility on message (queue, is_dead, visible_at, id);
  `;
}
