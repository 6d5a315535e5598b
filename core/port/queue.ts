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

/** Message that a consumer has received and must delete before its visibility timeout. */
export type ReceivedMessage = {
  readonly id: string;
  /** Identifies this delivery; `delete` needs it. */
  readonly receipt: string;
  /** Message as JSON. */
  readonly body: string;
  /** Number of deliveries of the message, this one included. */
  readonly receiveCount: number;
  /** Epoch milliseconds of the send. */
  readonly sentAt: number;
  /** Epoch milliseconds of the first delivery. */
  readonly firstReceivedAt: number;
};

/** Receives the messages of one queue. AWS Lambda does this by itself, so only the laptop platform needs it. */
export interface QueueSource {
  /**
   * Waits for messages and returns up to `maxMessages` of them (1 to 10). They stay invisible to other calls for the visibility
   * timeout of the queue. Returns an empty list after a long wait without a message, and when `signal` aborts.
   */
  receive(maxMessages: number, signal: AbortSignal): Promise<readonly ReceivedMessage[]>;
  /** Deletes handled messages. A message that was delivered again since stays. */
  delete(messages: readonly ReceivedMessage[]): Promise<void>;
}
