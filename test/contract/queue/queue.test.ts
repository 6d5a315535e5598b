import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { onTestFinished } from 'vitest';
import { createSqliteQueue } from '../../../adapters/sqlite/create-sqlite-queue.ts';
import { EmbeddedQueues } from '../../../adapters/sqlite/embedded-queues.ts';
import { openEmbeddedStore } from '../../../adapters/sqlite/open-store.ts';
import { createSqsQueue } from '../../../adapters/sqs/create-sqs-queue.ts';
import type { QueueDefinition } from '../../../core/topology/queues.ts';
import type { Credential } from '../../../local/credential.ts';
import { createCredential } from '../../../local/credential.ts';
import { startQueues } from '../../../local/emulator/start-queues.ts';
import { createSqsSource } from '../../../local/source/create-sqs-source.ts';
import { createTemporaryFolder, REGION } from '../../support/store/test-emulators.ts';
import type { QueueFixture } from './queue.ts';
import { describeQueueContract } from './queue.ts';

describeQueueContract('embedded store', async (definitions) =>
  startEmbeddedQueues(await createTemporaryFolder(), definitions),
);

describeQueueContract('SQS adapter over the emulator', async (definitions) =>
  startEmulatedQueues(await createTemporaryFolder(), createCredential(), definitions),
);

async function startEmbeddedQueues(
  folder: string,
  definitions: readonly QueueDefinition[],
): Promise<QueueFixture> {
  const store = openEmbeddedStore(folder);
  onTestFinished(() => store.close());
  const queues = new EmbeddedQueues(store);
  return {
    queue: createSqliteQueue(queues),
    openSource: (name) => queues.openSource(requireDefinition(definitions, name)),
    async restart() {
      await store.close();
      return startEmbeddedQueues(folder, definitions);
    },
    countDeadLetters: async (name) => queues.countDeadLetters(name),
  };
}

async function startEmulatedQueues(
  dataDir: string,
  credentials: Credential,
  definitions: readonly QueueDefinition[],
): Promise<QueueFixture> {
  const queues = await startQueues({ dataDir, credential: credentials, definitions });
  onTestFinished(() => queues.close());
  const access = { endpoint: queues.endpoint, region: REGION, credentials };
  return {
    queue: createSqsQueue({ ...access, urls: queues.urls }),
    openSource(name) {
      const source = createSqsSource({ ...access, url: queues.urls[name] ?? '' });
      onTestFinished(() => source.close());
      return source;
    },
    async restart() {
      await queues.close();
      return startEmulatedQueues(dataDir, credentials, definitions);
    },
    async countDeadLetters(name) {
      const command = new GetQueueAttributesCommand({
        QueueUrl: queues.deadLetterUrls[name],
        AttributeNames: ['ApproximateNumberOfMessages'],
      });
      const { Attributes } = await new SQSClient(access).send(command);
      return Number(Attributes?.ApproximateNumberOfMessages);
    },
  };
}

function requireDefinition(definitions: readonly QueueDefinition[], name: string): QueueDefinition {
  const definition = definitions.find((queue) => queue.name === name);
  if (definition === undefined) throw new Error(`the test has no queue ${name}`);
  return definition;
}
