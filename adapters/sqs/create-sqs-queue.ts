import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { AppError } from '../../core/base/app-error.ts';
import { describeError } from '../../core/base/describe-error.ts';
import type { Queue } from '../../core/port/queue.ts';
import { requireQueueDefinition } from '../../core/topology/queues.ts';
import type { AwsAccess } from '../aws/create-client-options.ts';
import { createClientOptions } from '../aws/create-client-options.ts';
import type { QueueEntry } from '../queue/queue-entry.ts';
import type { Batch } from './to-batches.ts';
import { toBatches } from './to-batches.ts';

/** Access to SQS, and the URLs of the queues. */
export type SqsQueueOptions = AwsAccess & {
  /** URL of each queue, by its name in core/topology/queues.ts. */
  readonly urls: Readonly<Record<string, string>>;
};

/** Creates a Queue in SQS. Sends messages in batches; a failed batch does not stop the other batches. */
export function createSqsQueue(options: SqsQueueOptions): Queue {
  const client = new SQSClient(
    createClientOptions(options, { maxAttempts: 4, requestTimeoutMs: 5_000 }),
  );
  return {
    async send(messages) {
      const batches = toBatches(messages, (type) =>
        requireQueueUrl(options.urls, requireQueueDefinition(type).name),
      );
      const outcomes = await Promise.all(batches.map((batch) => sendBatch(client, batch)));
      requireAllSent(outcomes.flat());
    },
  };
}

function requireQueueUrl(urls: SqsQueueOptions['urls'], name: string): string {
  const url = urls[name];
  if (url === undefined)
    throw new AppError(
      'bug',
      'no_queue',
      `the URL of queue ${name} is not configured; set QUEUE_URL_${name.toUpperCase()}`,
    );
  return url;
}

type SendFailure = {
  readonly entry: QueueEntry;
  readonly reason: string;
  readonly cause?: unknown;
};

async function sendBatch(client: SQSClient, batch: Batch): Promise<SendFailure[]> {
  const Entries = batch.entries.map((entry, index) => ({
    Id: String(index),
    MessageBody: entry.body,
    ...(entry.delaySeconds === 0 ? {} : { DelaySeconds: entry.delaySeconds }),
  }));
  try {
    const output = await client.send(new SendMessageBatchCommand({ QueueUrl: batch.url, Entries }));
    return batch.entries.flatMap((entry, index) => {
      const failure = output.Failed?.find(({ Id }) => Id === String(index));
      return failure === undefined ? [] : [{ entry, reason: failure.Code ?? 'unknown' }];
    });
  } catch (cause) {
    const reason = describeError(cause);
    return batch.entries.map((entry) => ({ entry, reason, cause }));
  }
}

function requireAllSent(failures: readonly SendFailure[]): void {
  const [first] = failures;
  if (first === undefined) return;
  const types = [...new Set(failures.map((failure) => failure.entry.type))];
  throw new AppError(
    'transient',
    'queue_refused',
    `SQS did not accept ${failures.length} message(s) of type ${types.join(', ')}: ${first.reason}`,
    { details: { types, count: failures.length }, cause: first.cause },
  );
}
