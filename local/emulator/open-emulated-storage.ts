import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Log } from '../../core/port/runtime.ts';
import { QUEUES } from '../../core/topology/queues.ts';
import type { Credential } from '../credential.ts';
import type { PlatformStorage } from '../platform/open-storage.ts';
import type { SqsSource } from '../source/create-sqs-source.ts';
import { createSqsSource } from '../source/create-sqs-source.ts';
import { createTable } from './create-table.ts';
import { removeExpired } from './remove-expired.ts';
import { startEmulators } from './start-emulators.ts';

const REGION = 'us-east-1';
const TABLE_NAME = 'smol-gang';

/** Starts emulators of DynamoDB and SQS in another process and creates the table. */
export async function openEmulatedStorage(options: {
  readonly storeDir: string;
  readonly queuesDir: string;
  readonly credential: Credential;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
}): Promise<PlatformStorage> {
  const { credential: credentials } = options;
  const emulators = await startEmulators(options);
  const { store, queues } = emulators;
  const access = { endpoint: store.endpoint, region: REGION, credentials };
  await createTable({ ...access, tableName: TABLE_NAME });
  const client = new DynamoDBClient(access);
  const sources: SqsSource[] = [];
  const urls = QUEUES.map(({ name }) => [`QUEUE_URL_${name.toUpperCase()}`, queues.urls[name]]);
  return {
    env: {
      AWS_ENDPOINT_URL_DYNAMODB: store.endpoint,
      AWS_ENDPOINT_URL_SQS: queues.endpoint,
      TABLE_NAME,
      ...Object.fromEntries(urls),
    },
    openSource({ name }) {
      const url = queues.urls[name] ?? '';
      const source = createSqsSource({ ...access, endpoint: queues.endpoint, url });
      sources.push(source);
      return source;
    },
    removeExpired: (nowSeconds, signal) => removeExpired(client, TABLE_NAME, nowSeconds, signal),
    async close() {
      for (const source of sources) source.close();
      client.destroy();
      await emulators.close();
    },
  };
}
