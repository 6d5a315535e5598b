import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { DynamoTableOptions } from '../../../adapters/dynamo/create-dynamo-table.ts';
import { createDynamoTable } from '../../../adapters/dynamo/create-dynamo-table.ts';
import type { QueueDefinition } from '../../../core/topology/queues.ts';
import { createCredential } from '../../../local/credential.ts';
import { createTable } from '../../../local/emulator/create-table.ts';
import { startQueues } from '../../../local/emulator/start-queues.ts';
import { startStore } from '../../../local/emulator/start-store.ts';

export const REGION = 'us-east-1';
export const TABLE_NAME = 'smol-gang';

/** Creates a temporary folder that is removed after the test. */
export async function createTemporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'smol-gang-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts the emulated store, creates the table and returns the adapter for DynamoDB; the store stops after the test. */
export async function startTestStore(options: Pick<DynamoTableOptions, 'onCall'> = {}) {
  const credentials = createCredential();
  const store = await startStore({
    dataDir: await createTemporaryFolder(),
    credential: credentials,
  });
  onTestFinished(() => store.close());
  const access = { endpoint: store.endpoint, region: REGION, credentials, tableName: TABLE_NAME };
  await createTable(access);
  return { ...access, table: createDynamoTable({ ...access, ...options }) };
}

/** Starts the emulated queues, by default all queues of the topology; they stop after the test. */
export async function startTestQueues(definitions?: readonly QueueDefinition[]) {
  const credentials = createCredential();
  const dataDir = await createTemporaryFolder();
  const queues = await startQueues({ dataDir, credential: credentials, definitions });
  onTestFinished(() => queues.close());
  return { ...queues, region: REGION, credentials };
}
