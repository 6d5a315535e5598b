import { DatabaseSync } from 'node:sqlite';
import { buildApp } from 'fauxqs';

// fauxqs as a library always listens on every interface. Its parts are put together here instead, so that it listens on
// loopback only; they are not exported by name, so they are found beside the module that is.

type FauxqsStores = NonNullable<NonNullable<Parameters<typeof buildApp>[0]>['stores']>;
export type SqsStore = FauxqsStores['sqsStore'];
export type Persistence = NonNullable<SqsStore['persistence']>;

type FauxqsParts = {
  readonly SqsStore: new () => SqsStore;
  readonly SnsStore: new () => FauxqsStores['snsStore'];
  readonly S3Store: new () => FauxqsStores['s3Store'];
  readonly PersistenceManager: new (dataDir: string) => Persistence;
};

const MODULES = {
  SqsStore: './sqs/sqsStore.js',
  SnsStore: './sns/snsStore.js',
  S3Store: './s3/s3Store.js',
  PersistenceManager: './persistence.js',
} as const;

/** The server, not listening yet, with the queues and messages that `dataDir` holds. */
export async function loadFauxqs(dataDir: string) {
  const parts = await importParts();
  const stores = {
    sqsStore: new parts.SqsStore(),
    snsStore: new parts.SnsStore(),
    s3Store: new parts.S3Store(),
  };
  const persistence = new parts.PersistenceManager(dataDir);
  skipFlushes(persistence);
  // Loaded before the store writes through: what is read must not be written again.
  persistence.load(stores.sqsStore, stores.snsStore, stores.s3Store);
  stores.sqsStore.persistence = persistence;
  for (const queue of stores.sqsStore.allQueues()) queue.persistence = persistence;
  const app = buildApp({ logger: false, stores });
  app.addHook('preClose', async () => persistence.close());
  return { app, store: stores.sqsStore };
}

/**
 * A commit is then written, but not flushed to the disk before the answer, which took 10 ms of every send. A killed process
 * loses nothing by it; a power cut may lose the last hints, which are found again by time.
 */
function skipFlushes(persistence: Persistence): void {
  const db: unknown = Reflect.get(persistence, 'db');
  if (!(db instanceof DatabaseSync)) throw new Error('this version of fauxqs stores differently');
  db.exec('PRAGMA synchronous = NORMAL');
}

async function importParts(): Promise<FauxqsParts> {
  const main = import.meta.resolve('fauxqs');
  const found: Record<string, unknown> = {};
  for (const [name, path] of Object.entries(MODULES)) {
    const module: Record<string, unknown> = await import(new URL(path, main).href);
    found[name] = module[name];
  }
  if (hasParts(found)) return found;
  throw new Error('this version of fauxqs is put together differently');
}

function hasParts(found: Record<string, unknown>): found is Record<string, unknown> & FauxqsParts {
  return Object.keys(MODULES).every((name) => typeof found[name] === 'function');
}
