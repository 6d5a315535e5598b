import { join } from 'node:path';
import type { SQSEvent } from 'aws-lambda';
import { createDynamoTable } from '../../adapters/dynamo/create-dynamo-table.ts';
import { createSqsQueue } from '../../adapters/sqs/create-sqs-queue.ts';
import type { QueueMessage } from '../../core/contract/queue-message.ts';
import type { Queue } from '../../core/port/queue.ts';
import type { Table } from '../../core/port/table.ts';
import { QUEUES } from '../../core/topology/queues.ts';
import { runBatch } from '../../functions/edge.ts';
import { createCredential } from '../../local/credential.ts';
import { createTable } from '../../local/emulator/create-table.ts';
import { startEmulators } from '../../local/emulator/start-emulators.ts';
import { createSqsSource } from '../../local/source/create-sqs-source.ts';
import { startQueuePoller } from '../../local/source/start-queue-poller.ts';

const REGION = 'us-east-1';
const silentLog = { info() {}, warn() {}, error() {} };

type MessageHandler = (message: QueueMessage) => Promise<void>;

/** Starts the table and the queues of the local platform in a separate process, with the adapters and the poller of the platform. */
export async function openStoreAndQueues(dataDir: string): Promise<{
  readonly table: Table;
  readonly openQueue: (handle: MessageHandler) => Queue;
  close(): Promise<void>;
}> {
  const credential = createCredential();
  const emulators = await startEmulators({
    storeDir: join(dataDir, 'store'),
    queuesDir: join(dataDir, 'queues'),
    credential,
    log: silentLog,
    env: process.env,
  });
  const { store, queues } = emulators;
  const aws = { region: REGION, credentials: credential };
  const tableOptions = { ...aws, endpoint: store.endpoint, tableName: 'bench' };
  await createTable(tableOptions);
  let poller: { close(): Promise<void> } | undefined;
  return {
    table: createDynamoTable(tableOptions),
    openQueue: (handle) => {
      const polledQueues = QUEUES.map((definition) => ({
        definition,
        source: createSqsSource({
          ...aws,
          endpoint: queues.endpoint,
          url: queues.urls[definition.name] ?? '',
        }),
        handler: createSqsHandler(handle),
      }));
      poller = startQueuePoller({ queues: polledQueues, log: silentLog });
      return createSqsQueue({ ...aws, endpoint: queues.endpoint, urls: queues.urls });
    },
    close: async () => {
      await poller?.close();
      await emulators.close();
    },
  };
}

function createSqsHandler(handle: MessageHandler) {
  return (event: unknown) => {
    if (!isSqsEvent(event)) throw new Error('the event is not an SQS event');
    return runBatch(event, (message) => handle(message), silentLog);
  };
}

function isSqsEvent(event: unknown): event is SQSEvent {
  return typeof event === 'object' && event !== null && 'Records' in event;
}
