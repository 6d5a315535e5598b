import { AppError } from '../../core/base/app-error.ts';
import type { QueueMessage, QueueMessageType } from '../../core/contract/queue.ts';

const MAX_ENTRIES = 10;
/** Of a message and of a batch together; SQS takes more by now, but not in every region and emulator. */
const MAX_BYTES = 256 * 1024;
const MAX_DELAY_SECONDS = 900;

export type BatchEntry = {
  readonly type: QueueMessageType;
  readonly body: string;
  readonly delaySeconds: number;
};
export type Batch = { readonly url: string; readonly entries: readonly BatchEntry[] };

/** In the order given, each batch within what SQS takes at once. */
export function toBatches(
  messages: readonly { readonly message: QueueMessage; readonly delaySeconds?: number }[],
  urlOf: (type: QueueMessageType) => string,
): Batch[] {
  const byUrl = new Map<string, BatchEntry[]>();
  for (const { message, delaySeconds = 0 } of messages) {
    const url = urlOf(message.type);
    const entries = byUrl.get(url) ?? [];
    entries.push(toBatchEntry(message, delaySeconds));
    byUrl.set(url, entries);
  }
  return [...byUrl].flatMap(([url, entries]) =>
    splitEntries(entries).map((part) => ({ url, entries: part })),
  );
}

function toBatchEntry(message: QueueMessage, delaySeconds: number): BatchEntry {
  const whole = Number.isInteger(delaySeconds);
  if (!whole || delaySeconds < 0 || delaySeconds > MAX_DELAY_SECONDS) {
    throw new AppError(
      'bug',
      'bad_delay',
      `a delay is 0 to 900 whole seconds, not ${delaySeconds}`,
    );
  }
  const body = JSON.stringify(message);
  if (Buffer.byteLength(body) > MAX_BYTES) {
    throw new AppError('invalid', 'message_too_large', `a message may hold ${MAX_BYTES} bytes`);
  }
  return { type: message.type, body, delaySeconds };
}

function splitEntries(entries: readonly BatchEntry[]): BatchEntry[][] {
  const parts: BatchEntry[][] = [];
  let part: BatchEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = Buffer.byteLength(entry.body);
    if (part.length === MAX_ENTRIES || bytes + size > MAX_BYTES) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(entry);
    bytes += size;
  }
  return part.length === 0 ? parts : [...parts, part];
}
