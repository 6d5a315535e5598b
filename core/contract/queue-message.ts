import type { MergeQueueKey, TaskKey } from './id.ts';
import type { Notice } from './notice.ts';
import type { QueueMessage } from './queue.ts';

// Constructors of all queue messages, so that no other file writes version numbers and type names.

/** Wakes the planner, which explores the repository, assesses the request and decomposes it. */
export function wakeUpPlanner(plan: string): QueueMessage {
  return { type: 'plan', v: 1, plan };
}

/** Wakes the reconciler of a plan. */
export function wakeUpPlan(plan: string): QueueMessage {
  return { type: 'reconcile_plan', v: 1, plan };
}

/**
 * Wakes the reconciler of a task.
 *
 * @param dueAt epoch milliseconds, for a delayed message; the consumer drops the message if the task is due at another time
 */
export function wakeUpTask({ plan, run, task }: TaskKey, dueAt?: number): QueueMessage {
  return { type: 'reconcile_task', v: 1, plan, run, task, dueAt };
}

/**
 * Wakes a merge queue.
 *
 * @param dueAt epoch milliseconds, for a delayed message; the consumer drops the message if the queue is due at another time
 */
export function wakeUpMergeQueue({ plan, run, repo }: MergeQueueKey, dueAt?: number): QueueMessage {
  return { type: 'merge_queue', v: 1, plan, run, repo, dueAt };
}

/** Wakes the scheduler; `tasks` names ready tasks that the index may not list yet. */
export function wakeUpScheduler(tasks: readonly TaskKey[] = []): QueueMessage {
  return {
    type: 'schedule',
    v: 1,
    tasks: tasks.map(({ plan, run, task }) => ({ plan, run, task })),
  };
}

/** Tells connected clients that a plan changed. */
export function pushPlanChange(plan: string): QueueMessage {
  return { type: 'push', v: 1, plan };
}

/** Delivers a notice to people. */
export function deliverNotice(notice: Notice): QueueMessage {
  return { type: 'notify', v: 1, notice };
}

/** Reports a change of a pull request, a review or a check at the forge. */
export function reportForgeChange(
  change: Omit<Extract<QueueMessage, { readonly type: 'forge_changed' }>, 'type' | 'v'>,
): Extract<QueueMessage, { readonly type: 'forge_changed' }> {
  return { type: 'forge_changed', v: 1, ...change };
}

/** Reports that a launcher saw the pod of an attempt end. */
export function reportPodEnd(attempt: string): QueueMessage {
  return { type: 'pod_ended', v: 1, attempt };
}
