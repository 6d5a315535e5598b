import { describeError } from '../../base/describe-error.ts';
import type { QueueMessage } from '../../contract/queue.ts';
import type { OutgoingMessage } from '../../port/queue.ts';
import type { WakeUpDeps } from '../engine-deps.ts';

/** Sends wake-up messages. A failure is only logged, because the due attribute of the item leads to the same work later. */
export async function enqueueWakeUps(
  deps: WakeUpDeps,
  messages: readonly QueueMessage[],
  delaySeconds = 0,
): Promise<void> {
  await sendWakeUps(
    deps,
    messages.map((message) => ({ message, delaySeconds })),
  );
}

/** Sends wake-up messages with a delay of their own each. Returns false when the queue did not take them. */
export async function sendWakeUps(
  deps: WakeUpDeps,
  messages: readonly OutgoingMessage[],
): Promise<boolean> {
  if (messages.length === 0) return true;
  try {
    await deps.queue.send(messages);
    return true;
  } catch (error) {
    deps.log.warn('wake-up messages lost', {
      types: messages.map(({ message }) => message.type).join(','),
      cause: describeError(error),
    });
    return false;
  }
}
