import { setTimeout as delay } from 'node:timers/promises';
import type { Message } from '@aws-sdk/client-sqs';
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { describeError } from '../../core/base/describe-error.ts';
import type { Log } from '../../core/port/runtime.ts';
import type { QueueDefinition } from '../../core/topology/queues.ts';
import type { Credential } from '../emulator/credential.ts';
import type { LambdaFunction, LambdaHandler } from '../lambda-handler.ts';
import { invokeLambda } from '../lambda-handler.ts';
import { findFailedMessages } from './find-failed-messages.ts';

// Polls a queue like the event source mapping of AWS Lambda: receives messages, invokes the handler and deletes the messages
// that did not fail. A failed message becomes visible again after its visibility timeout. A message that fails `maxReceives`
// times becomes a dead letter.

/** Maximum number of messages that SQS returns for a receive call. */
const MAX_MESSAGES_PER_RECEIVE = 10;
const WAIT_SECONDS = 20;
const PAUSE_AFTER_ERROR_MS = 250;

/** A queue and the handler of its messages. */
export type PolledQueue = {
  readonly definition: QueueDefinition;
  readonly url: string;
  readonly handler: LambdaHandler;
};

/** A queue with everything that its poll loop needs. */
type QueuePoll = PolledQueue & {
  readonly client: SQSClient;
  readonly region: string;
  readonly log: Log;
};

/** Polls all queues; `close` stops receiving and waits for running batches. */
export function startQueuePoller(options: {
  readonly queues: readonly PolledQueue[];
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credential;
  readonly log: Log;
}): { close(): Promise<void> } {
  const { endpoint, region, credentials, log } = options;
  const client = new SQSClient({
    endpoint,
    region,
    credentials,
    requestHandler: {
      connectionTimeout: 1_000,
      requestTimeout: (WAIT_SECONDS + 5) * 1_000,
      throwOnRequestTimeout: true,
    },
  });
  const stop = new AbortController();
  const polls = options.queues.map((queue) =>
    pollQueue({ ...queue, client, region, log }, stop.signal),
  );
  return {
    async close() {
      stop.abort();
      await Promise.all(polls);
      client.destroy();
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

/**
 * Waits for messages and returns up to `maxMessages`. Returns an empty list if no message arrives within WAIT_SECONDS, or after
 * an error.
 */
async function receiveMessages(
  queue: QueuePoll,
  maxMessages: number,
  signal: AbortSignal,
): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: queue.url,
    MaxNumberOfMessages: maxMessages,
    WaitTimeSeconds: WAIT_SECONDS,
    MessageSystemAttributeNames: ['All'],
  });
  try {
    const response = await queue.client.send(command, { abortSignal: signal });
    return response.Messages ?? [];
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

async function handleBatch(queue: QueuePoll, messages: readonly Message[]): Promise<void> {
  const failed = await invokeHandler(queue, messages);
  const handled = messages.filter((message) => !failed.has(message.MessageId ?? ''));
  if (handled.length === 0) return;
  const Entries = handled.map((message, index) => ({
    Id: String(index),
    ReceiptHandle: message.ReceiptHandle,
  }));
  try {
    await queue.client.send(new DeleteMessageBatchCommand({ QueueUrl: queue.url, Entries }));
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
  messages: readonly Message[],
): Promise<ReadonlySet<string>> {
  const ids = messages.map((message) => message.MessageId ?? '');
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

function toRecord(queue: QueuePoll, message: Message): SQSRecord {
  const attributes = message.Attributes ?? {};
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: {
      ApproximateReceiveCount: attributes.ApproximateReceiveCount ?? '1',
      SentTimestamp: attributes.SentTimestamp ?? '0',
      SenderId: attributes.SenderId ?? '',
      ApproximateFirstReceiveTimestamp: attributes.ApproximateFirstReceiveTimestamp ?? '0',
    },
    messageAttributes: {},
    md5OfBody: message.MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:${queue.region}:000000000000:${queue.definition.name}`,
    awsRegion: queue.region,
  };
}
