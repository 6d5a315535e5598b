import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { createDynamoTable } from '../../../adapters/dynamo/create-dynamo-table.ts';
import { createSqliteTable } from '../../../adapters/sqlite/create-sqlite-table.ts';
import { openEmbeddedStore } from '../../../adapters/sqlite/open-store.ts';
import { createCredential } from '../../../local/credential.ts';
import { createTable } from '../../../local/emulator/create-table.ts';
import { startStore } from '../../../local/emulator/start-store.ts';
import { createMemoryTable } from '../../support/store/memory-table.ts';
import { describeTableContract } from './table.ts';

const cleanups: (() => Promise<void>)[] = [];

afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

describeTableContract('in memory', async () => createMemoryTable());

describeTableContract('embedded store', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'smol-gang-store-'));
  const store = openEmbeddedStore(folder);
  cleanups.push(async () => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  return createSqliteTable(store);
});

describeTableContract('DynamoDB adapter over the local store', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'smol-gang-store-'));
  cleanups.push(() => rm(dataDir, { recursive: true, force: true }));
  const credentials = createCredential();
  const store = await startStore({ dataDir, credential: credentials });
  cleanups.push(() => store.close());
  const options = { endpoint: store.endpoint, region: 'us-east-1', credentials };
  await createTable({ ...options, tableName: 'contract' });
  return createDynamoTable({ ...options, tableName: 'contract' });
});
