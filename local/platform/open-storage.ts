import { createSqliteQueue } from '../../adapters/sqlite/create-sqlite-queue.ts';
import { createSqliteTable } from '../../adapters/sqlite/create-sqlite-table.ts';
import { EmbeddedQueues } from '../../adapters/sqlite/embedded-queues.ts';
import { openEmbeddedStore } from '../../adapters/sqlite/open-store.ts';
import { removeExpired } from '../../adapters/sqlite/remove-expired.ts';
import { AppError } from '../../core/base/app-error.ts';
import type { QueueSource } from '../../core/port/queue.ts';
import type { Log } from '../../core/port/runtime.ts';
import type { QueueDefinition } from '../../core/topology/queues.ts';
import { provideLocalStore } from '../../functions/deps/local-store.ts';
import type { Credential } from '../credential.ts';
import type { StoreKind } from './platform-settings.ts';
import type { RemoveExpired } from './start-expiry.ts';

/** Table and queues of the platform. */
export type PlatformStorage = {
  /** Environment variables with which the handlers reach the table and the queues. */
  readonly env: Readonly<Record<string, string | undefined>>;
  openSource(definition: QueueDefinition): QueueSource;
  readonly removeExpired: RemoveExpired;
  close(): Promise<void>;
};

/** Access of the emulators, and the folders of both kinds of storage. */
export type StorageOptions = {
  readonly kind: StoreKind;
  readonly storeDir: string;
  readonly queuesDir: string;
  readonly credential: Credential;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
};

/** Opens the embedded store, or starts the emulators of DynamoDB and SQS; throws AppError `emulators_missing` without them. */
export async function openStorage(options: StorageOptions): Promise<PlatformStorage> {
  if (options.kind === 'embedded') return openEmbeddedStorage(options.storeDir);
  const { openEmulatedStorage } = await importEmulators();
  return openEmulatedStorage(options);
}

function openEmbeddedStorage(storeDir: string): PlatformStorage {
  const store = openEmbeddedStore(storeDir);
  const queues = new EmbeddedQueues(store);
  provideLocalStore({ table: createSqliteTable(store), queue: createSqliteQueue(queues) });
  return {
    env: {},
    openSource: (definition) => queues.openSource(definition),
    removeExpired: (nowSeconds, signal) => removeExpired(store, nowSeconds, signal),
    close: () => store.close(),
  };
}

/** The emulators are development dependencies, which an installation for production lacks. */
async function importEmulators() {
  try {
    return await import('../emulator/open-emulated-storage.ts');
  } catch (error) {
    throw new AppError(
      'invalid',
      'emulators_missing',
      'STORE=dynamodb needs the emulators of DynamoDB and SQS, which are not installed: run `npm install`, or use STORE=embedded',
      { cause: error },
    );
  }
}
