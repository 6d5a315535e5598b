import type { SQSClientConfig } from '@aws-sdk/client-sqs';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { AppError } from '../../core/base/app-error.ts';
import type { Queue } from '../../core/port/queue.ts';
import { requireQueueRow } from '../../core/topology/queues.ts';
import type { Batch, BatchEntry } from './to-batches.ts';
import { toBatches } from './to-batches.ts';

export type SqsQueueOptions = {
  /** By the queue's name in core/topology/queues.ts. */
  readonly urls: Readonly<Record<string, string>>;
  readonly region: string;
  /** Without it: AWS's own. */
  readonly endpoint?: string;
  /** Without them: the environment's, as the SDK finds them. */
  readonly credentials?: SQSClientConfig['credentials'];
};

/** Sends in batches; what was not taken is named in one `transient` error, after all the others were sent. */
export function createSqsQueue(options: SqsQueueOptions): Queue {
  const client = new SQSClient({
    region: options.region,
    endpoint: options.endpoint,
    credentials: options.credentials,
    maxAttempts: 4,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: 1_000,
      requestTimeout: 5_000,
      throwOnRequestTimeout: true,
    },
  });
  return {
    async send(messages) {
      const batches = toBatches(messages, (type) =>
        requireQueueUrl(options.urls, requireQueueRow(type).name),
      );
      const outcomes = await Promise.all(batches.map((batch) => sendBatch(client, batch)));
      requireAllSent(outcomes.flat());
    },
  };
}

function requireQueueUrl(urls: SqsQueueOptions['urls'], name: string): string {
  const url = urls[name];
  if (url === undefined) throw new AppError('bug', 'no_queue', `there is no URL of queue ${name}`);
  return url;
}

type SendFailure = {
  readonly entry: BatchEntry;
  readonly reason: string;
  readonly cause?: unknown;
};

async function sendBatch(client: SQSClient, batch: Batch): Promise<SendFailure[]> {
  const Entries = batch.entries.map((entry, n) => ({
    Id: String(n),
    MessageBody: entry.body,
    ...(entry.delaySeconds === 0 ? {} : { DelaySeconds: entry.delaySeconds }),
  }));
  try {
    const answer = await client.send(new SendMessageBatchCommand({ QueueUrl: batch.url, Entries }));
    return batch.entries.flatMap((entry, n) => {
      const failed = answer.Failed?.find((row) => row.Id === String(n));
      return failed === undefined ? [] : [{ entry, reason: failed.Code ?? 'unknown' }];
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
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
    `${failures.length} message(s) not sent (${types.join(', ')}): ${first.reason}`,
    { details: { types, count: failures.length }, cause: first.cause },
  );
}
