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
  const waiting = new Map<string, QueueMessage[]>(QUEUES.map((row) => [row.name, []]));
  const running = new Map<string, number>(QUEUES.map((row) => [row.name, 0]));
  const startHandlers = (name: string, concurrency: number): void => {
    const messages = waiting.get(name) ?? [];
    while (messages.length > 0 && (running.get(name) ?? 0) < concurrency) {
      const message = messages.shift();
      if (message === undefined) return;
      running.set(name, (running.get(name) ?? 0) + 1);
      void handle(message).finally(() => {
        running.set(name, (running.get(name) ?? 1) - 1);
        startHandlers(name, concurrency);
      });
    }
  };
  return {
    send: async (messages) => {
      for (const { message, delaySeconds } of messages)
        time.runAfter((delaySeconds ?? 0) * 1_000 + transitMs, () => {
          const { name, concurrency } = requireQueueDefinition(message.type);
          waiting.get(name)?.push(message);
          startHandlers(name, concurrency);
        });
    },
  };
}
