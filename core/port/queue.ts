import type { QueueMessage } from '../contract/queue.ts';

// A message is a hint: it may be lost, doubled, late or out of order, and the store stays right.

export interface Queue {
  /** Up to 15 minutes of delay. Each goes to the queue that its `type` names in core/topology/queues.ts. */
  send(
    messages: readonly { readonly message: QueueMessage; readonly delaySeconds?: number }[],
  ): Promise<void>;
}
