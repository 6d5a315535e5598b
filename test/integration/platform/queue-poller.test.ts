import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { expect, onTestFinished, test } from 'vitest';
import { createSqsQueue } from '../../../adapters/sqs/create-sqs-queue.ts';
import type { QueueRow } from '../../../core/topology/queues.ts';
import { QUEUES } from '../../../core/topology/queues.ts';
import type { LambdaHandler } from '../../../local/lambda-handler.ts';
import { startQueuePoller } from '../../../local/source/start-queue-poller.ts';
import { createSilentLog } from '../../support/silent-log.ts';
import { startTestQueues } from '../../support/store/test-emulators.ts';
import { waitUntil } from '../../support/wait-until.ts';

const base: QueueRow = {
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
  change: Partial<QueueRow> = {},
) {
  const row = { ...base, ...change };
  const queues = await startTestQueues([row]);
  const queue = createSqsQueue(queues);
  const log = createSilentLog();
  const handler = createHandler(handle);
  const url = queues.urls.drive ?? '';
  const start = () => {
    const poller = startQueuePoller({ ...queues, queues: [{ row, url, handler }], log });
    onTestFinished(() => poller.close());
    return poller;
  };
  const send = (...plans: string[]) =>
    queue.send(plans.map((plan) => ({ message: { type: 'reconcile_plan', v: 1, plan } })));
  return { queues, log, send, start, poller: start() };
}

function createHandler(handle: (event: SQSEvent) => unknown): LambdaHandler {
  return (event) => {
    if (!isSqsEvent(event)) throw new Error('no SQS event');
    return handle(event);
  };
}

function isSqsEvent(event: unknown): event is SQSEvent {
  return typeof event === 'object' && event !== null && 'Records' in event;
}

function listPlanIds(event: SQSEvent): string[] {
  return event.Records.map((record) => JSON.parse(record.body).plan);
}

test('a message reaches the handler as Lambda gives it, and is gone afterwards', async () => {
  const events: SQSEvent[] = [];
  const { queues, send, poller } = await startTestPoller((event) => void events.push(event));

  await send('p1');
  await waitUntil('the event', () => events.length === 1);
  await poller.close();

  expect(events[0]?.Records[0]).toMatchObject({
    body: '{"type":"reconcile_plan","v":1,"plan":"p1"}',
    eventSource: 'aws:sqs',
    eventSourceARN: expect.stringMatching(/:drive$/),
    attributes: { ApproximateReceiveCount: '1' },
    messageAttributes: {},
  });
  const { deadLetters, waiting } = await countMessages(queues);
  expect([waiting, deadLetters]).toEqual([0, 0]);
});

test('messages are handled at the same time, never more than the concurrency', async () => {
  let running = 0;
  let most = 0;
  const handled: string[] = [];
  const gate = Promise.withResolvers<void>();
  const { send } = await startTestPoller(
    async (event) => {
      running += event.Records.length;
      most = Math.max(most, running);
      if (most === 4) gate.resolve();
      await gate.promise;
      await new Promise((resolve) => setImmediate(resolve));
      running -= event.Records.length;
      handled.push(...listPlanIds(event));
    },
    { batchSize: 1, concurrency: 4 },
  );

  await send(...Array.from({ length: 20 }, (_, n) => `p${n}`));
  await waitUntil('all to be handled', () => handled.length === 20);

  expect(most).toBe(4);
  expect(new Set(handled).size).toBe(20);
});

test('only the messages that the handler names come again', async () => {
  const seen: string[] = [];
  const { send } = await startTestPoller(
    (event) => {
      seen.push(...listPlanIds(event));
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
  await waitUntil('the second time', () => seen.filter((plan) => plan === 'bad').length === 2);

  expect([...seen].sort()).toEqual(['bad', 'bad', 'fine', 'good']);
});

test.each([
  ['throws', () => Promise.reject(new Error('broken'))],
  ['answers nonsense', () => ({ batchItemFailures: 'all' })],
  ['takes too long', () => new Promise<void>(() => undefined)],
])('a message whose handler %s goes to the dead letters in the end', async (_name, handle) => {
  const change = { visibilitySeconds: 1, maxReceives: 1, timeoutSeconds: 0.1 };
  const { queues, send } = await startTestPoller(handle, change);

  await send('p1');

  const dead = await waitUntil('the dead letter', () =>
    receiveMessage(queues, queues.deadLetterUrls.drive),
  );
  expect(JSON.parse(dead).plan).toBe('p1');
});

test('close waits for the handler that is running, and takes nothing more', async () => {
  const gate = Promise.withResolvers<void>();
  const seen: string[] = [];
  const { queues, poller, send } = await startTestPoller(async (event) => {
    seen.push(...listPlanIds(event));
    await gate.promise;
  });
  await send('p1');
  await waitUntil('the first', () => seen.length === 1);
  let isClosed = false;

  const closing = poller.close().then(() => {
    isClosed = true;
  });
  // One round trip: by then the server has seen the poller hang up.
  expect(await receiveMessage(queues, queues.deadLetterUrls.drive)).toBeUndefined();
  await send('p2');
  expect(JSON.parse((await receiveMessage(queues, queues.urls.drive)) ?? '{}').plan).toBe('p2');
  expect(isClosed).toBe(false);
  gate.resolve();
  await closing;

  expect(seen).toEqual(['p1']);
});

test('the poller goes on after the queue could not be read', async () => {
  const seen: string[] = [];
  const { queues, log, start, poller, send } = await startTestPoller((event) => {
    seen.push(...listPlanIds(event));
  });
  await poller.close();
  await queues.close();
  start();

  await waitUntil('the warning', () => log.lines.some((line) => line.level === 'warn'));

  expect(seen).toEqual([]);
  await expect(send('p1')).rejects.toThrow(/not sent/);
});

test('every queue of the topology can be polled', () => {
  for (const row of QUEUES) {
    expect(row.visibilitySeconds).toBeGreaterThan(row.timeoutSeconds);
    expect(row.batchSize).toBeLessThanOrEqual(10);
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
    [queues.urls.drive, queues.deadLetterUrls.drive].map(async (QueueUrl) => {
      const command = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 0 });
      return (await new SQSClient(queues).send(command)).Messages?.length ?? 0;
    }),
  );
  return { waiting: counts[0], deadLetters: counts[1] };
}
