import { setTimeout as delay } from 'node:timers/promises';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { describeError } from '../../core/base/describe-error.ts';
import type { QueueSource, ReceivedMessage } from '../../core/port/queue.ts';
import type { Log } from '../../core/port/runtime.ts';
import type { QueueDefinition } from '../../core/topology/queues.ts';
import type { LambdaFunction, LambdaHandler } from '../lambda-handler.ts';
import { invokeLambda } from '../lambda-handler.ts';
import { findFailedMessages } from './find-failed-messages.ts';

// Polls a queue like the event source mapping of AWS Lambda: receives messages, invokes the handler and deletes the messages
// that did not fail. A failed message becomes visible again after its visibility timeout. A message that fails `maxReceives`
// times becomes a dead letter.

/** Maximum number of messages of a receive call. */
const MAX_MESSAGES_PER_RECEIVE = 10;
const PAUSE_AFTER_ERROR_MS = 250;

/** A queue, the source of its messages and their handler. */
export type PolledQueue = {
  readonly definition: QueueDefinition;
  readonly source: QueueSource;
  readonly handler: LambdaHandler;
};

/** A queue with everything that its poll loop needs. */
type QueuePoll = PolledQueue & { readonly log: Log };

/** Polls all queues; `close` stops receiving and waits for running batches. */
export function startQueuePoller(options: {
  readonly queues: readonly PolledQueue[];
  readonly log: Log;
}): { close(): Promise<void> } {
  const { log } = options;
  const stop = new AbortController();
  const polls = options.queues.map((queue) => pollQueue({ ...queue, log }, stop.signal));
  return {
    async close() {
      stop.abort();
      await Promise.all(polls);
    },
  };
}

async function pollQueue(queue: QueuePoll, signal: AbortSignal): Promise<void> {
  const running = new Set<Promise<void>>();
  let freeCapacity = queue.definition.concurrency;
  while (!signal.aborted) {
    if (freeCapacity <= 0) {
      await Promise.race(running);
      continue;
    }
    const messages = await receiveMessages(
      queue,
      Math.min(queue.definition.batchSize, freeCapacity, MAX_MESSAGES_PER_RECEIVE),
      signal,
    );
    if (messages.length === 0) continue;
    freeCapacity -= messages.length;
    const batch = handleBatch(queue, messages).finally(() => {
      freeCapacity += messages.length;
      running.delete(batch);
    });
    running.add(batch);
  }
  await Promise.all(running);
}

/** Waits for messages and returns up to `maxMessages`; returns an empty list if none arrives, or after an error. */
async function receiveMessages(
  queue: QueuePoll,
  maxMessages: number,
  signal: AbortSignal,
): Promise<readonly ReceivedMessage[]> {
  try {
    return await queue.source.receive(maxMessages, signal);
  } catch (error) {
    if (signal.aborted) return [];
    queue.log.warn('messages could not be received; trying again', {
      queue: queue.definition.name,
      error: describeError(error),
    });
    await delay(PAUSE_AFTER_ERROR_MS, undefined, { signal }).catch(() => undefined);
    return [];
  }
}

async function handleBatch(queue: QueuePoll, messages: readonly ReceivedMessage[]): Promise<void> {
  const failed = await invokeHandler(queue, messages);
  const handled = messages.filter((message) => !failed.has(message.id));
  if (handled.length === 0) return;
  try {
    await queue.source.delete(handled);
  } catch (error) {
    // The messages will be received again, which is safe because handlers are idempotent.
    queue.log.warn('handled messages could not be deleted; they will be handled again', {
      queue: queue.definition.name,
      error: describeError(error),
    });
  }
}

/** Invokes the handler and returns the ids of the failed messages, which stay in the queue. */
async function invokeHandler(
  queue: QueuePoll,
  messages: readonly ReceivedMessage[],
): Promise<ReadonlySet<string>> {
  const ids = messages.map((message) => message.id);
  const target: LambdaFunction = {
    name: `queue-${queue.definition.name}`,
    handler: queue.handler,
    timeoutMs: queue.definition.timeoutSeconds * 1_000,
  };
  const event: SQSEvent = { Records: messages.map((message) => toRecord(queue, message)) };
  try {
    return findFailedMessages(await invokeLambda(target, event), ids);
  } catch (error) {
    queue.log.error('queue batch failed', {
      queue: queue.definition.name,
      error: describeError(error),
    });
    return new Set(ids);
  }
}

/** Fills the fields of an SQS record that AWS always sends and no handler reads with constants. */
function toRecord({ definition }: QueuePoll, message: ReceivedMessage): SQSRecord {
  return {
    messageId: message.id,
    receiptHandle: message.receipt,
    body: message.body,
    attributes: {
      ApproximateReceiveCount: String(message.receiveCount),
      SentTimestamp: String(message.sentAt),
      SenderId: '',
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${definition.name}`,
    awsRegion: 'us-east-1',
  };
}
