import { DatabaseSync } from 'node:sqlite';
import { buildApp } from 'fauxqs';

// The public API of fauxqs always listens on every network interface. This module assembles the server from internal modules of
// fauxqs instead, so that the server can listen on loopback only.

type FauxqsStores = NonNullable<NonNullable<Parameters<typeof buildApp>[0]>['stores']>;
/** Queues and messages in the memory of fauxqs. */
export type SqsStore = FauxqsStores['sqsStore'];
/** The database in which fauxqs stores queues and messages. */
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

/** Creates a server with the queues and messages that `dataDir` contains. The server does not listen yet. */
export async function loadFauxqs(dataDir: string) {
  const parts = await importParts();
  const stores = {
    sqsStore: new parts.SqsStore(),
    snsStore: new parts.SnsStore(),
    s3Store: new parts.S3Store(),
  };
  const persistence = new parts.PersistenceManager(dataDir);
  skipFlushes(persistence);
  // Messages are loaded before persistence is attached: otherwise fauxqs would write each loaded message again.
  persistence.load(stores.sqsStore, stores.snsStore, stores.s3Store);
  stores.sqsStore.persistence = persistence;
  for (const queue of stores.sqsStore.allQueues()) queue.persistence = persistence;
  const app = buildApp({ logger: false, stores });
  app.addHook('preClose', async () => persistence.close());
  return { app, store: stores.sqsStore };
}

/**
 * Turns off the flush to disk after each commit, because a flush takes about 10 ms per message. A killed process still loses no
 * message. A power failure may lose the last wake-up messages, but the next resync finds the affected tasks and plans.
 */
function skipFlushes(persistence: Persistence): void {
  const db: unknown = Reflect.get(persistence, 'db');
  if (!(db instanceof DatabaseSync))
    throw new Error(
      'fauxqs no longer keeps a SQLite database in `db`: adapt load-fauxqs.ts to the installed version',
    );
  db.exec('PRAGMA synchronous = NORMAL');
}

async function importParts(): Promise<FauxqsParts> {
  const mainModule = import.meta.resolve('fauxqs');
  const parts: Record<string, unknown> = {};
  for (const [name, path] of Object.entries(MODULES)) {
    const module: Record<string, unknown> = await import(new URL(path, mainModule).href);
    parts[name] = module[name];
  }
  if (hasParts(parts)) return parts;
  throw new Error(
    'fauxqs no longer contains the expected parts: adapt load-fauxqs.ts to the installed version',
  );
}

function hasParts(parts: Record<string, unknown>): parts is Record<string, unknown> & FauxqsParts {
  return Object.keys(MODULES).every((name) => typeof parts[name] === 'function');
}
