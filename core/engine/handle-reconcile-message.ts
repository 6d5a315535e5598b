import type { QueueMessage } from '../contract/queue-message.ts';
import { toMergeQueueKey } from '../store/merge-queue-store.ts';
import type { EngineDeps } from './engine-deps.ts';
import { handlePodEnded } from './launch/attempt-pod.ts';
import { advanceQueue } from './merge-queue/advance-queue.ts';
import { reconcilePlan } from './plan/reconcile-plan.ts';
import { handleForgeChange } from './task/handle-forge-change.ts';
import { reconcileTask } from './task/reconcile-task.ts';

/** Handles a message of the queue `reconcile`. A message contains only the key of an item, whose state is read from the store. */
export async function handleReconcileMessage(
  deps: EngineDeps,
  message: QueueMessage,
): Promise<void> {
  switch (message.type) {
    case 'reconcile_task':
      return reconcileTask(deps, message, message.dueAt);
    case 'reconcile_plan':
      return reconcilePlan(deps, message.plan);
    case 'merge_queue':
      await advanceQueue(deps, toMergeQueueKey(message), message.dueAt);
      return;
    case 'forge_changed':
      return handleForgeChange(deps, message);
    case 'pod_ended':
      return handlePodEnded(deps, message.attempt);
    default:
      return;
  }
}
