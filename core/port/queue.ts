import type { QueueMessage } from '../contract/queue-message.ts';

/** Maximum delay of a message, milliseconds. */
export const MAX_MESSAGE_DELAY_MS = 900_000;

/** Message to send; `delaySeconds` defaults to 0. */
export type OutgoingMessage = { readonly message: QueueMessage; readonly delaySeconds?: number };

/** Enqueues messages. A message may be lost, repeated, late or out of order, so consumers read the current state from the store. */
export interface Queue {
  /**
   * Sends each message to the queue of its type (core/topology/queues.ts).
   *
   * @throws AppError `transient` if the queue did not accept all messages; some may have been sent
   */
  send(messages: readonly OutgoingMessage[]): Promise<void>;
}
