import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { isAppError } from '../../../core/base/app-error.ts';
import type { QueueMessage } from '../../../core/contract/queue-message.ts';
import type { Queue, QueueSource, ReceivedMessage } from '../../../core/port/queue.ts';
import type { QueueDefinition } from '../../../core/topology/queues.ts';
import { QUEUES } from '../../../core/topology/queues.ts';

/** Queues of a test. */
export type QueueFixture = {
  readonly queue: Queue;
  /** Opens the source of a queue by its name. */
  openSource(name: string): QueueSource;
  /** Ends the queues and opens them again over the same data. */
  restart(): Promise<QueueFixture>;
  /** Counts the dead letters of a queue. */
  countDeadLetters(name: string): Promise<number>;
};

/** Starts queues that end after the test. The visibility timeout of each queue is one second. */
export type StartQueues = (definitions: readonly QueueDefinition[]) => Promise<QueueFixture>;

const DEFINITIONS = QUEUES.map((definition) => ({
  ...definition,
  visibilitySeconds: 1,
  maxReceives: 2,
}));

function createMessage(plan: string): QueueMessage {
  return { type: 'reconcile_plan', v: 1, plan };
}

/** Receives until `count` messages have arrived. Fails when a receive call returns without a message before. */
async function receiveMessages(source: QueueSource, count: number): Promise<ReceivedMessage[]> {
  const received: ReceivedMessage[] = [];
  while (received.length < count) {
    const messages = await source.receive(10, AbortSignal.timeout(5_000));
    if (messages.length === 0)
      throw new Error(`only ${received.length} of ${count} messages arrived`);
    received.push(...messages);
  }
  return received;
}

/** Returns true if no message arrives within 300 ms. */
async function isQuiet(source: QueueSource): Promise<boolean> {
  const messages = await source.receive(10, AbortSignal.timeout(300)).catch(() => []);
  return messages.length === 0;
}

const readPlans = (messages: readonly ReceivedMessage[]) =>
  messages.map(({ body }): unknown => JSON.parse(body).plan);

/** Describes the contract of every `Queue` with its `QueueSource`. */
export function describeQueueContract(name: string, start: StartQueues): void {
  describe(`${name}: deliveries`, () => {
    test('each message arrives once, in the queue of its type', async () => {
      const { queue, openSource } = await start(DEFINITIONS);
      const plans = Array.from({ length: 25 }, (_, number) => `p${number}`);
      const planMessage: QueueMessage = { type: 'plan', v: 1, plan: 'p1' };

      await queue.send([...plans.map(createMessage), planMessage].map((message) => ({ message })));

      const received = await receiveMessages(openSource('reconcile'), 25);
      expect(readPlans(received).toSorted()).toEqual(plans.toSorted());
      expect(received.every(({ receiveCount }) => receiveCount === 1)).toBe(true);
      const [planDelivery] = await receiveMessages(openSource('plan'), 1);
      expect(JSON.parse(planDelivery?.body ?? '')).toEqual(planMessage);
    });

    test('a waiting receiver gets a message that is sent later', async () => {
      const { queue, openSource } = await start(DEFINITIONS);
      const waiting = receiveMessages(openSource('reconcile'), 1);

      await queue.send([{ message: createMessage('p1') }]);

      expect(readPlans(await waiting)).toEqual(['p1']);
    });

    test('a delayed message arrives after its delay, and a message without a delay immediately', async () => {
      const { queue, openSource } = await start(DEFINITIONS);
      const source = openSource('reconcile');
      const sentAt = Date.now();

      await queue.send([
        { message: createMessage('late'), delaySeconds: 1 },
        { message: createMessage('early') },
      ]);

      const early = await receiveMessages(source, 1);
      await source.delete(early);
      const late = await receiveMessages(source, 1);

      expect(readPlans([...early, ...late])).toEqual(['early', 'late']);
      expect(Date.now() - sentAt).toBeGreaterThanOrEqual(990);
    });

    test('two receivers never get the same delivery', async () => {
      const { queue, openSource } = await start(DEFINITIONS);
      await queue.send(Array.from({ length: 20 }, (_, n) => ({ message: createMessage(`p${n}`) })));

      const received = await Promise.all([
        receiveMessages(openSource('reconcile'), 10),
        receiveMessages(openSource('reconcile'), 10),
      ]);

      expect(new Set(readPlans(received.flat())).size).toBe(20);
    });

    test('an aborted receive call ends without a message, and the next call gets the message', async () => {
      const { queue, openSource } = await start(DEFINITIONS);
      const source = openSource('reconcile');
      expect(await isQuiet(source)).toBe(true);

      await queue.send([{ message: createMessage('p1') }]);

      expect(readPlans(await receiveMessages(source, 1))).toEqual(['p1']);
    });

    test('a message with a bad delay or an oversized text is rejected, and none of its batch is sent', async () => {
      const { queue, openSource } = await start(DEFINITIONS);
      const good = { message: createMessage('good') };

      const badDelay = queue.send([good, { message: createMessage('p1'), delaySeconds: 901 }]);
      await expect(badDelay).rejects.toSatisfy((error) => isAppError(error, 'bug', 'bad_delay'));
      const oversized = queue.send([good, { message: createMessage('x'.repeat(300_000)) }]);
      await expect(oversized).rejects.toSatisfy((error) =>
        isAppError(error, 'invalid', 'message_too_large'),
      );

      expect(await isQuiet(openSource('reconcile'))).toBe(true);
    });
  });

  describe(`${name}: redeliveries`, () => {
    test('a deleted message never comes back; other messages become visible after the timeout', async () => {
      const { queue, openSource } = await start(DEFINITIONS);
      const source = openSource('reconcile');
      await queue.send([
        { message: createMessage('handled') },
        { message: createMessage('failed') },
      ]);
      const received = await receiveMessages(source, 2);

      await source.delete(received.filter(({ body }) => body.includes('handled')));

      const [redelivered] = await receiveMessages(source, 1);
      expect(redelivered).toMatchObject({
        body: expect.stringContaining('failed'),
        receiveCount: 2,
      });
    });

    test('a late delete of an earlier delivery does not delete the message of the next receiver', async () => {
      const { queue, openSource, countDeadLetters } = await start(DEFINITIONS);
      const source = openSource('reconcile');
      await queue.send([{ message: createMessage('p1') }]);
      const earlier = await receiveMessages(source, 1);
      await receiveMessages(source, 1);

      await source.delete(earlier);

      await delay(1_100);
      expect(await isQuiet(source)).toBe(true);
      expect(await countDeadLetters('reconcile')).toBe(1);
    });

    test('a message that was delivered too often becomes a dead letter', async () => {
      const { queue, openSource, countDeadLetters } = await start(DEFINITIONS);
      const source = openSource('reconcile');
      await queue.send([{ message: createMessage('poison') }]);
      await receiveMessages(source, 1);
      await receiveMessages(source, 1);

      await delay(1_100);

      expect(await isQuiet(source)).toBe(true);
      expect(await countDeadLetters('reconcile')).toBe(1);
    });
  });

  describe(`${name}: restarts`, () => {
    test('messages in flight are delivered again at once after a restart, and delayed messages keep their delay', async () => {
      const first = await start(
        DEFINITIONS.map((definition) => ({ ...definition, visibilitySeconds: 60 })),
      );
      await first.queue.send([
        { message: createMessage('in flight') },
        { message: createMessage('waiting') },
        { message: createMessage('delayed'), delaySeconds: 60 },
      ]);
      await first.openSource('reconcile').receive(1, AbortSignal.timeout(5_000));

      const second = await first.restart();

      const received = await receiveMessages(second.openSource('reconcile'), 2);
      expect(readPlans(received).toSorted()).toEqual(['in flight', 'waiting']);
      expect(await isQuiet(second.openSource('reconcile'))).toBe(true);
    });
  });
}
