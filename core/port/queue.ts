import type { QueueMessage } from '../contract/queue.ts';

// A message is a hint: it may be lost, doubled, late or out of order, and the store stays right.

/** Longest delay of a message, in milliseconds. */
export const MAX_MESSAGE_DELAY_MS = 900_000;

/** A message with its delay in seconds; absent: none. */
export type OutgoingMessage = { readonly message: QueueMessage; readonly delaySeconds?: number };

export interface Queue {
  /** Each message goes to the queue that its `type` names in core/topology/queues.ts. */
  send(messages: readonly OutgoingMessage[]): Promise<void>;
}
