import type { QueueMessage } from '../../core/contract/queue-message.ts';
import type { Queue } from '../../core/port/queue.ts';
import { QUEUES, requireQueueDefinition } from '../../core/topology/queues.ts';
import type { LabTime } from './lab-time.ts';

/** Creates queues in memory with the concurrency of core/topology; a message reaches its handler after `transitMs`. */
export function createLabQueues(
  time: LabTime,
  transitMs: number,
  handle: (message: QueueMessage) => Promise<void>,
): Queue {
  const waitingMessages = new Map<string, QueueMessage[]>(QUEUES.map(({ name }) => [name, []]));
  const runningCounts = new Map<string, number>(QUEUES.map(({ name }) => [name, 0]));
  const startHandlers = (name: string, concurrency: number): void => {
    const messages = waitingMessages.get(name) ?? [];
    while (messages.length > 0 && (runningCounts.get(name) ?? 0) < concurrency) {
      const message = messages.shift();
      if (message === undefined) return;
      runningCounts.set(name, (runningCounts.get(name) ?? 0) + 1);
      void handle(message).finally(() => {
        runningCounts.set(name, (runningCounts.get(name) ?? 1) - 1);
        startHandlers(name, concurrency);
      });
    }
  };
  return {
    send: async (messages) => {
      for (const { message, delaySeconds } of messages)
        time.runAfter((delaySeconds ?? 0) * 1_000 + transitMs, () => {
          const { name, concurrency } = requireQueueDefinition(message.type);
          waitingMessages.get(name)?.push(message);
          startHandlers(name, concurrency);
        });
    },
  };
}
