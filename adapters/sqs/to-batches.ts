import { AppError } from '../../core/base/app-error.ts';
import type { QueueMessage, QueueMessageType } from '../../core/contract/queue-message.ts';
import type { OutgoingMessage } from '../../core/port/queue.ts';
import { MAX_MESSAGE_DELAY_MS } from '../../core/port/queue.ts';

const MAX_BATCH_ENTRIES = 10;
/** Maximum size of a message and of a batch. Newer versions of SQS accept more, but not in every region and emulator. */
const MAX_BYTES = 256 * 1024;
const MAX_DELAY_SECONDS = MAX_MESSAGE_DELAY_MS / 1_000;

/** Message in a batch. */
export type BatchEntry = {
  readonly type: QueueMessageType;
  readonly body: string;
  readonly delaySeconds: number;
};
/** Messages for one queue that fit into one call of SQS. */
export type Batch = { readonly url: string; readonly entries: readonly BatchEntry[] };

/** Groups messages by queue, in their order, into batches within the limits of SQS. */
export function toBatches(
  messages: readonly OutgoingMessage[],
  getUrl: (type: QueueMessageType) => string,
): Batch[] {
  const byUrl = new Map<string, BatchEntry[]>();
  for (const { message, delaySeconds = 0 } of messages) {
    const url = getUrl(message.type);
    const entries = byUrl.get(url) ?? [];
    entries.push(toBatchEntry(message, delaySeconds));
    byUrl.set(url, entries);
  }
  return [...byUrl].flatMap(([url, entries]) =>
    splitEntries(entries).map((batchEntries) => ({ url, entries: batchEntries })),
  );
}

function toBatchEntry(message: QueueMessage, delaySeconds: number): BatchEntry {
  if (!Number.isInteger(delaySeconds) || delaySeconds < 0 || delaySeconds > MAX_DELAY_SECONDS) {
    throw new AppError(
      'bug',
      'bad_delay',
      `a delay must be a whole number of seconds from 0 to ${MAX_DELAY_SECONDS}, not ${delaySeconds}`,
    );
  }
  const body = JSON.stringify(message);
  if (Buffer.byteLength(body) > MAX_BYTES) {
    throw new AppError(
      'invalid',
      'message_too_large',
      `the message of type ${message.type} is larger than ${MAX_BYTES} bytes`,
    );
  }
  return { type: message.type, body, delaySeconds };
}

function splitEntries(entries: readonly BatchEntry[]): BatchEntry[][] {
  const batches: BatchEntry[][] = [];
  let batch: BatchEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = Buffer.byteLength(entry.body);
    if (batch.length === MAX_BATCH_ENTRIES || bytes + size > MAX_BYTES) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(entry);
    bytes += size;
  }
  return batch.length === 0 ? batches : [...batches, batch];
}
