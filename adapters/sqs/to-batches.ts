import type { QueueMessageType } from '../../core/contract/queue-message.ts';
import type { OutgoingMessage } from '../../core/port/queue.ts';
import type { QueueEntry } from '../queue/queue-entry.ts';
import { MAX_MESSAGE_BYTES, toQueueEntry } from '../queue/queue-entry.ts';

const MAX_BATCH_ENTRIES = 10;

/** Messages for one queue that fit into one call of SQS. */
export type Batch = { readonly url: string; readonly entries: readonly QueueEntry[] };

/** Groups messages by queue, in their order, into batches within the limits of SQS. */
export function toBatches(
  messages: readonly OutgoingMessage[],
  getUrl: (type: QueueMessageType) => string,
): Batch[] {
  const byUrl = new Map<string, QueueEntry[]>();
  for (const { message, delaySeconds = 0 } of messages) {
    const url = getUrl(message.type);
    const entries = byUrl.get(url) ?? [];
    entries.push(toQueueEntry(message, delaySeconds));
    byUrl.set(url, entries);
  }
  return [...byUrl].flatMap(([url, entries]) =>
    splitEntries(entries).map((batchEntries) => ({ url, entries: batchEntries })),
  );
}

function splitEntries(entries: readonly QueueEntry[]): QueueEntry[][] {
  const batches: QueueEntry[][] = [];
  let batch: QueueEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = Buffer.byteLength(entry.body);
    if (batch.length === MAX_BATCH_ENTRIES || bytes + size > MAX_MESSAGE_BYTES) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(entry);
    bytes += size;
  }
  return batch.length === 0 ? batches : [...batches, batch];
}
