import type { Message } from '@aws-sdk/client-sqs';
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { QueueSource, ReceivedMessage } from '../../core/port/queue.ts';
import type { Credential } from '../credential.ts';

const WAIT_SECONDS = 20;

/** Source of the messages of an SQS queue. `close` ends its connections. */
export type SqsSource = QueueSource & { close(): void };

/** Creates a source that polls an SQS queue. */
export function createSqsSource(options: {
  readonly url: string;
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credential;
}): SqsSource {
  const { url: QueueUrl, endpoint, region, credentials } = options;
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
  return {
    async receive(maxMessages, signal) {
      const command = new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: maxMessages,
        WaitTimeSeconds: WAIT_SECONDS,
        MessageSystemAttributeNames: ['All'],
      });
      const { Messages } = await client.send(command, { abortSignal: signal });
      return (Messages ?? []).map(toReceivedMessage);
    },
    async delete(messages) {
      const Entries = messages.map(({ receipt }, index) => ({
        Id: String(index),
        ReceiptHandle: receipt,
      }));
      await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    },
    close() {
      client.destroy();
    },
  };
}

function toReceivedMessage({
  MessageId,
  ReceiptHandle,
  Body,
  Attributes,
}: Message): ReceivedMessage {
  return {
    id: MessageId ?? '',
    receipt: ReceiptHandle ?? '',
    body: Body ?? '',
    receiveCount: Number(Attributes?.ApproximateReceiveCount ?? 1),
    sentAt: Number(Attributes?.SentTimestamp ?? 0),
    firstReceivedAt: Number(Attributes?.ApproximateFirstReceiveTimestamp ?? 0),
  };
}
