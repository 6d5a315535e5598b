import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { expect, onTestFinished, test } from 'vitest';
import { createSqsQueue } from '../../../adapters/sqs/create-sqs-queue.ts';
import type { QueueDefinition } from '../../../core/topology/queues.ts';
import { QUEUES } from '../../../core/topology/queues.ts';
import type { LambdaHandler } from '../../../local/lambda-handler.ts';
import { createSqsSource } from '../../../local/source/create-sqs-source.ts';
import { startQueuePoller } from '../../../local/source/start-queue-poller.ts';
import { createSilentLog } from '../../support/silent-log.ts';
import { startTestQueues } from '../../support/store/test-emulators.ts';
import { waitUntil } from '../../support/wait-until.ts';

const baseDefinition: QueueDefinition = {
  name: 'reconcile',
  handler: 'none',
  types: ['reconcile_plan'],
  batchSize: 10,
  concurrency: 16,
  timeoutSeconds: 5,
  visibilitySeconds: 30,
  maxReceives: 5,
};

async function startTestPoller(
  handle: (event: SQSEvent) => unknown,
  change: Partial<QueueDefinition> = {},
) {
  const definition = { ...baseDefinition, ...change };
  const queues = await startTestQueues([definition]);
  const queue = createSqsQueue(queues);
  const log = createSilentLog();
  const handler = createHandler(handle);
  const url = queues.urls.reconcile ?? '';
  const start = () => {
    const source = createSqsSource({ ...queues, url });
    onTestFinished(() => source.close());
    const poller = startQueuePoller({ queues: [{ definition, source, handler }], log });
    onTestFinished(() => poller.close());
    return poller;
  };
  const send = (...plans: string[]) =>
    queue.send(plans.map((plan) => ({ message: { type: 'reconcile_plan', v: 1, plan } })));
  return { queues, log, send, start, poller: start() };
}

function createHandler(handle: (event: SQSEvent) => unknown): LambdaHandler {
  return (event) => {
    if (!isSqsEvent(event)) throw new Error('the event is no SQS event');
    return handle(event);
  };
}

function isSqsEvent(event: unknown): event is SQSEvent {
  return typeof event === 'object' && event !== null && 'Records' in event;
}

function listPlanIds(event: SQSEvent): string[] {
  return event.Records.map((record) => JSON.parse(record.body).plan);
}

test('a message reaches the handler as a Lambda event and is deleted afterwards', async () => {
  const events: SQSEvent[] = [];
  const { queues, send, poller } = await startTestPoller((event) => void events.push(event));

  await send('p1');
  await waitUntil('the event', () => events.length === 1);
  await poller.close();

  expect(events[0]?.Records[0]).toMatchObject({
    body: '{"type":"reconcile_plan","v":1,"plan":"p1"}',
    eventSource: 'aws:sqs',
    eventSourceARN: expect.stringMatching(/:reconcile$/),
    attributes: { ApproximateReceiveCount: '1' },
    messageAttributes: {},
  });
  const { deadLetters, waiting } = await countMessages(queues);
  expect([waiting, deadLetters]).toEqual([0, 0]);
});

test('messages are handled concurrently, up to the concurrency of the queue', async () => {
  let running = 0;
  let maxRunning = 0;
  const handled: string[] = [];
  const gate = Promise.withResolvers<void>();
  const { send } = await startTestPoller(
    async (event) => {
      running += event.Records.length;
      maxRunning = Math.max(maxRunning, running);
      if (maxRunning === 4) gate.resolve();
      await gate.promise;
      await new Promise((resolve) => setImmediate(resolve));
      running -= event.Records.length;
      handled.push(...listPlanIds(event));
    },
    { batchSize: 1, concurrency: 4 },
  );

  await send(...Array.from({ length: 20 }, (_, n) => `p${n}`));
  await waitUntil('all messages are handled', () => handled.length === 20);

  expect(maxRunning).toBe(4);
  expect(new Set(handled).size).toBe(20);
});

test('only the messages that the handler reports as failed are delivered again', async () => {
  const handledPlans: string[] = [];
  const { send } = await startTestPoller(
    (event) => {
      handledPlans.push(...listPlanIds(event));
      const failed = event.Records.filter(
        ({ body, attributes }) =>
          body.includes('bad') && attributes.ApproximateReceiveCount === '1',
      );
      return {
        batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })),
      };
    },
    { visibilitySeconds: 1 },
  );

  await send('good', 'bad', 'fine');
  await waitUntil(
    'the second delivery',
    () => handledPlans.filter((plan) => plan === 'bad').length === 2,
  );

  expect([...handledPlans].sort()).toEqual(['bad', 'bad', 'fine', 'good']);
});

test.each([
  ['throws', () => Promise.reject(new Error('broken'))],
  ['returns an invalid result', () => ({ batchItemFailures: 'all' })],
  ['takes too long', () => new Promise<void>(() => undefined)],
])('a message whose handler %s becomes a dead letter', async (_name, handle) => {
  const change = { visibilitySeconds: 1, maxReceives: 1, timeoutSeconds: 0.1 };
  const { queues, send } = await startTestPoller(handle, change);

  await send('p1');

  const dead = await waitUntil('the dead letter', () =>
    receiveMessage(queues, queues.deadLetterUrls.reconcile),
  );
  expect(JSON.parse(dead).plan).toBe('p1');
});

test('close waits for the running handler and receives no further message', async () => {
  const gate = Promise.withResolvers<void>();
  const handledPlans: string[] = [];
  const { queues, poller, send } = await startTestPoller(async (event) => {
    handledPlans.push(...listPlanIds(event));
    await gate.promise;
  });
  await send('p1');
  await waitUntil('the first message is handled', () => handledPlans.length === 1);
  let isClosed = false;

  const closePromise = poller.close().then(() => {
    isClosed = true;
  });
  // After one round trip, the server has noticed that the poller disconnected.
  expect(await receiveMessage(queues, queues.deadLetterUrls.reconcile)).toBeUndefined();
  await send('p2');
  expect(JSON.parse((await receiveMessage(queues, queues.urls.reconcile)) ?? '{}').plan).toBe('p2');
  expect(isClosed).toBe(false);
  gate.resolve();
  await closePromise;

  expect(handledPlans).toEqual(['p1']);
});

test('the poller continues after failed reads of its queue', async () => {
  const handledPlans: string[] = [];
  const { queues, log, start, poller, send } = await startTestPoller((event) => {
    handledPlans.push(...listPlanIds(event));
  });
  await poller.close();
  await queues.close();
  start();

  await waitUntil(
    'the second warning',
    () => log.lines.filter(({ level }) => level === 'warn').length >= 2,
  );

  expect(handledPlans).toEqual([]);
  await expect(send('p1')).rejects.toThrow(/did not accept/);
});

test('every queue of the topology has a visibility timeout above the time limit of its handler, and at most 10 messages per batch', () => {
  for (const definition of QUEUES) {
    expect(definition.visibilitySeconds).toBeGreaterThan(definition.timeoutSeconds);
    expect(definition.batchSize).toBeLessThanOrEqual(10);
  }
});

type TestQueues = Awaited<ReturnType<typeof startTestQueues>>;

async function receiveMessage(
  queues: TestQueues,
  url: string | undefined,
): Promise<string | undefined> {
  const command = new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 1 });
  const { Messages } = await new SQSClient(queues).send(command);
  return Messages?.[0]?.Body;
}

async function countMessages(queues: TestQueues) {
  const counts = await Promise.all(
    [queues.urls.reconcile, queues.deadLetterUrls.reconcile].map(async (QueueUrl) => {
      const command = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 0 });
      return (await new SQSClient(queues).send(command)).Messages?.length ?? 0;
    }),
  );
  return { waiting: counts[0], deadLetters: counts[1] };
}
