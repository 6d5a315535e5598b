import { AppError } from '../../core/base/app-error.ts';
import type { QueueMessage, QueueMessageType } from '../../core/contract/queue-message.ts';
import { MAX_MESSAGE_DELAY_MS } from '../../core/port/queue.ts';

/** Maximum size of a message. Newer versions of SQS accept more, but not in every region and emulator. */
export const MAX_MESSAGE_BYTES = 256 * 1024;
const MAX_DELAY_SECONDS = MAX_MESSAGE_DELAY_MS / 1_000;

/** Message as a queue stores it. */
export type QueueEntry = {
  readonly type: QueueMessageType;
  /** Message as JSON. */
  readonly body: string;
  readonly delaySeconds: number;
};

/** Encodes a message; throws AppError `bad_delay` or `message_too_large` for a message that no queue accepts. */
export function toQueueEntry(message: QueueMessage, delaySeconds: number): QueueEntry {
  if (!Number.isInteger(delaySeconds) || delaySeconds < 0 || delaySeconds > MAX_DELAY_SECONDS) {
    throw new AppError(
      'bug',
      'bad_delay',
      `a delay must be a whole number of seconds from 0 to ${MAX_DELAY_SECONDS}, not ${delaySeconds}`,
    );
  }
  const body = JSON.stringify(message);
  if (Buffer.byteLength(body) > MAX_MESSAGE_BYTES) {
    throw new AppError(
      'invalid',
      'message_too_large',
      `the message of type ${message.type} is larger than ${MAX_MESSAGE_BYTES} bytes`,
    );
  }
  return { type: message.type, body, delaySeconds };
}
