import type { Message } from '@aws-sdk/client-sqs';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { createSqsQueue } from '../../../adapters/sqs/create-sqs-queue.ts';
import { isAppError } from '../../../core/base/app-error.ts';
import type { QueueMessage } from '../../../core/contract/queue-message.ts';
import { QUEUES } from '../../../core/topology/queues.ts';
import { startTestQueues } from '../../support/store/test-emulators.ts';
import { waitUntil } from '../../support/wait-until.ts';

function createReconcileMessage(planNumber: number): QueueMessage {
  return { type: 'reconcile_plan', v: 1, plan: `p${planNumber}` };
}

async function receiveMessages(client: SQSClient, url: string | undefined, count: number) {
  const received: Message[] = [];
  await waitUntil(`${count} messages`, async () => {
    const command = new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 1,
    });
    received.push(...((await client.send(command)).Messages ?? []));
    return received.length >= count;
  });
  return received.map((message): unknown => JSON.parse(message.Body ?? ''));
}

test('each message arrives once, in the queue of its type', async () => {
  const queues = await startTestQueues();
  const queue = createSqsQueue(queues);
  const client = new SQSClient(queues);
  const wakeUps = Array.from({ length: 25 }, (_, n) => createReconcileMessage(n));
  const plan: QueueMessage = { type: 'plan', v: 1, plan: 'p1' };

  await queue.send([...wakeUps, plan].map((message) => ({ message })));

  const received = await receiveMessages(client, queues.urls.reconcile, 25);
  expect(received).toHaveLength(25);
  expect(received).toEqual(expect.arrayContaining(wakeUps));
  expect(await receiveMessages(client, queues.urls.plan, 1)).toEqual([plan]);
});

test('a delayed message arrives after its delay, and a message without a delay immediately', async () => {
  const queues = await startTestQueues();
  const client = new SQSClient(queues);
  const sentAt = Date.now();

  await createSqsQueue(queues).send([
    { message: createReconcileMessage(1), delaySeconds: 1 },
    { message: createReconcileMessage(2), delaySeconds: 0 },
  ]);

  expect(await receiveMessages(client, queues.urls.reconcile, 1)).toEqual([
    createReconcileMessage(2),
  ]);
  expect(await receiveMessages(client, queues.urls.reconcile, 1)).toEqual([
    createReconcileMessage(1),
  ]);
  expect(Date.now() - sentAt).toBeGreaterThanOrEqual(990);
});

test('the queues have the visibility timeout and redrive policy of the topology', async () => {
  const queues = await startTestQueues();
  const client = new SQSClient(queues);

  for (const definition of QUEUES) {
    const command = new GetQueueAttributesCommand({
      QueueUrl: queues.urls[definition.name],
      AttributeNames: ['All'],
    });
    const { Attributes } = await client.send(command);

    expect(Attributes?.VisibilityTimeout).toBe(String(definition.visibilitySeconds));
    const redrive = JSON.parse(Attributes?.RedrivePolicy ?? '{}');
    expect(redrive.maxReceiveCount).toBe(definition.maxReceives);
    expect(redrive.deadLetterTargetArn).toMatch(new RegExp(`:${definition.name}-dead$`));
  }
});

test('a send to an unreachable queue fails with a transient error that names the unsent message types', async () => {
  const queues = await startTestQueues();
  const queue = createSqsQueue({
    ...queues,
    urls: { ...queues.urls, push: `${queues.endpoint}/0/none` },
  });

  const sending = queue.send([
    { message: createReconcileMessage(1) },
    { message: { type: 'push', v: 1, plan: 'p1' } },
  ]);

  await expect(sending).rejects.toSatisfy(
    (error) => isAppError(error, 'transient') && JSON.stringify(error.details.types) === '["push"]',
  );
  expect(await receiveMessages(new SQSClient(queues), queues.urls.reconcile, 1)).toEqual([
    createReconcileMessage(1),
  ]);
});

test('the queues refuse callers with another credential or none', async () => {
  const queues = await startTestQueues();
  const credentials = { accessKeyId: 'OTHER', secretAccessKey: 'other' };
  const queueWithOtherCredential = createSqsQueue({ ...queues, credentials });

  await expect(
    queueWithOtherCredential.send([{ message: createReconcileMessage(1) }]),
  ).rejects.toThrow(/token/);

  expect((await fetch(queues.endpoint)).status).toBe(403);
  expect((await fetch(`${queues.endpoint}/_fauxqs/queues`)).status).toBe(403);
});
