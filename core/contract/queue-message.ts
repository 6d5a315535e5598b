import { z } from 'zod';
import type { MergeQueueKey, TaskKey } from './id.ts';
import type { Notice } from './notice.ts';
import { noticeSchema } from './notice.ts';

// Messages between handlers. A message may be lost, repeated, late or out of order, so it carries only ids and the version of its
// format (`v`): the consumer reads the current state from the store. Only `notify` carries content, which the queue must deliver.

const runFields = { v: z.literal(1), plan: z.string(), run: z.number().int() };
/**
 * Time at which the item was due when the message was sent with a delay, epoch milliseconds. The consumer drops the message
 * if the item is due at another time, because a later handler has then sent its own delayed message.
 */
const delayFields = { dueAt: z.number().int().optional() };

export const queueMessageSchema = z.discriminatedUnion('type', [
  /** Explores the repository, assesses the request and decomposes it; slow, because a model answers several prompts. */
  z.object({ type: z.literal('plan'), v: z.literal(1), plan: z.string() }),
  /** Asks the model whether it accepts requests, and pauses work for the model otherwise. */
  z.object({ type: z.literal('model_probe'), v: z.literal(1) }),
  /** Reconciles a plan: writes its items, opens root pull requests and marks them ready, cleans up. */
  z.object({ type: z.literal('reconcile_plan'), v: z.literal(1), plan: z.string() }),
  /** Reconciles a task. */
  z.object({ type: z.literal('reconcile_task'), ...runFields, task: z.string(), ...delayFields }),
  /** Merges the tasks of a merge queue in order, until the front has to wait. */
  z.object({ type: z.literal('merge_queue'), ...runFields, repo: z.string(), ...delayFields }),
  /** Gives free slots to ready tasks: first to `tasks`, which the index may not list yet, then to the tasks in the index. */
  z.object({
    type: z.literal('schedule'),
    v: z.literal(1),
    tasks: z.array(z.object({ plan: z.string(), run: z.number().int(), task: z.string() })),
  }),
  /** Reports that a webhook announced a change of a pull request or of a check. */
  z.object({
    type: z.literal('forge_changed'),
    v: z.literal(1),
    repo: z.string(),
    pull: z.number().int().optional(),
    branch: z.string().optional(),
    delivery: z.string(),
  }),
  /** Reports that a launcher saw a pod end. The consumer reads from the store whether the attempt is still live. */
  z.object({ type: z.literal('pod_ended'), v: z.literal(1), attempt: z.string() }),
  /** Delivers a notice to people. Unlike the other messages, this message carries its content. */
  z.object({ type: z.literal('notify'), v: z.literal(1), notice: noticeSchema }),
  /** Tells connected clients that a plan changed. */
  z.object({ type: z.literal('push'), v: z.literal(1), plan: z.string() }),
]);
/** Message of any queue. */
export type QueueMessage = z.infer<typeof queueMessageSchema>;
/** Type name of a message, which selects its queue (core/topology/queues.ts). */
export type QueueMessageType = QueueMessage['type'];

// Builders of all messages, so that no other file writes version numbers and type names. A builder sends nothing.

/** Builds the message that wakes the planner, which explores the repository, assesses the request and decomposes it. */
export function buildPlannerWakeUp(plan: string): QueueMessage {
  return { type: 'plan', v: 1, plan };
}

/** Builds the message that requests a probe of the model after a refused request. */
export function buildModelProbeRequest(): QueueMessage {
  return { type: 'model_probe', v: 1 };
}

/** Builds the message that wakes the reconciler of a plan. */
export function buildPlanWakeUp(plan: string): QueueMessage {
  return { type: 'reconcile_plan', v: 1, plan };
}

/**
 * Builds the message that wakes the reconciler of a task.
 *
 * @param dueAt epoch milliseconds, for a delayed message; the consumer drops the message if the task is due at another time
 */
export function buildTaskWakeUp({ plan, run, task }: TaskKey, dueAt?: number): QueueMessage {
  return { type: 'reconcile_task', v: 1, plan, run, task, dueAt };
}

/**
 * Builds the message that wakes a merge queue.
 *
 * @param dueAt epoch milliseconds, for a delayed message; the consumer drops the message if the queue is due at another time
 */
export function buildMergeQueueWakeUp(
  { plan, run, repo }: MergeQueueKey,
  dueAt?: number,
): QueueMessage {
  return { type: 'merge_queue', v: 1, plan, run, repo, dueAt };
}

/** Builds the message that wakes the scheduler; `tasks` names ready tasks that the index may not list yet. */
export function buildSchedulerWakeUp(tasks: readonly TaskKey[] = []): QueueMessage {
  return {
    type: 'schedule',
    v: 1,
    tasks: tasks.map(({ plan, run, task }) => ({ plan, run, task })),
  };
}

/** Builds the message that tells connected clients of a changed plan. */
export function buildPlanPush(plan: string): QueueMessage {
  return { type: 'push', v: 1, plan };
}

/** Builds the message that delivers a notice to people. */
export function buildNoticeDelivery(notice: Notice): QueueMessage {
  return { type: 'notify', v: 1, notice };
}

/** Builds the message that reports a change of a pull request, a review or a check at the forge. */
export function buildForgeChangeReport(
  change: Omit<Extract<QueueMessage, { readonly type: 'forge_changed' }>, 'type' | 'v'>,
): Extract<QueueMessage, { readonly type: 'forge_changed' }> {
  return { type: 'forge_changed', v: 1, ...change };
}

/** Builds the message that reports the end of an attempt's pod, seen by a launcher. */
export function buildPodEndReport(attempt: string): QueueMessage {
  return { type: 'pod_ended', v: 1, attempt };
}
