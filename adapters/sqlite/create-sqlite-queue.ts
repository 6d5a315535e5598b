import type { Queue } from '../../core/port/queue.ts';
import { requireQueueDefinition } from '../../core/topology/queues.ts';
import { toQueueEntry } from '../queue/queue-entry.ts';
import type { EmbeddedQueues } from './embedded-queues.ts';

/** Creates a Queue in the embedded store. Resolves when all messages are durable; either all messages are sent or none. */
export function createSqliteQueue(queues: EmbeddedQueues): Queue {
  return {
    async send(messages) {
      const entries = messages.map(({ message, delaySeconds = 0 }) => ({
        ...toQueueEntry(message, delaySeconds),
        queue: requireQueueDefinition(message.type).name,
      }));
      if (entries.length > 0) await queues.add(entries);
    },
  };
}
