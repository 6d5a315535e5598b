import { describeError } from '../base/describe-error.ts';
import type { ServerFrame } from '../contract/frame.ts';
import type { Notice } from '../contract/notice.ts';
import type { QueueMessage } from '../contract/queue-message.ts';
import { buildNoticeDelivery, buildPlanPush } from '../contract/queue-message.ts';
import type { Push } from '../port/push.ts';
import type { OutgoingMessage } from '../port/queue.ts';
import type { Clock } from '../port/runtime.ts';
import type { Table } from '../port/table.ts';
import { removeConnection } from '../store/connection-store.ts';
import type { StoredPlan } from '../store/plan-store.ts';
import { clearPlanNotices } from '../store/plan-store.ts';
import type { StoredTask } from '../store/task-store.ts';
import { clearTaskNotices } from '../store/task-store.ts';
import { formatPlanWatchersPartition } from '../topology/table-keys.ts';
import type { EngineDeps, WakeUpDeps } from './engine-deps.ts';

// Announces changes: wake-ups to the engine, notices to people, and updates to the clients that watch a plan.

/** Sends wake-up messages. A failure is only logged, because the resync later finds the item by its due time. */
export async function enqueueWakeUps(
  deps: WakeUpDeps,
  messages: readonly QueueMessage[],
  delaySeconds = 0,
): Promise<void> {
  await sendMessages(
    deps,
    messages.map((message) => ({ message, delaySeconds })),
  );
}

/** Sends wake-ups, notices or client updates, each with its own delay. Returns false if the queue failed, which is logged. */
export async function sendMessages(
  deps: WakeUpDeps,
  messages: readonly OutgoingMessage[],
): Promise<boolean> {
  if (messages.length === 0) return true;
  try {
    await deps.queue.send(messages);
    return true;
  } catch (error) {
    deps.log.warn('messages could not be sent; the resync repeats the work', {
      types: messages.map(({ message }) => message.type).join(','),
      cause: describeError(error),
    });
    return false;
  }
}

/** Messages of a written transition. `notices` includes pending notices of earlier transitions. */
export type Announcement = {
  readonly plan: string;
  readonly wakeUps: readonly OutgoingMessage[];
  readonly clientUpdate: boolean;
  readonly notices: readonly Notice[];
};

/** Sends wake-ups, the client update and the notices in one call. Returns false if the queue failed. */
export async function sendAnnouncement(
  deps: WakeUpDeps,
  { plan, wakeUps, clientUpdate, notices }: Announcement,
): Promise<boolean> {
  return sendMessages(deps, [
    ...wakeUps,
    ...(clientUpdate ? [{ message: buildPlanPush(plan) }] : []),
    ...notices.map((notice) => ({ message: buildNoticeDelivery(notice) })),
  ]);
}

// A notice is written with its transition, enqueued, and then cleared from the item. A crash between these steps leaves the item
// due with the notice, so the next reconcile enqueues the notice again. Consumers recognise a repeated notice by its id.

type NoticeDeps = Pick<EngineDeps, 'table' | 'queue' | 'log'>;

/** Enqueues the pending notices of a task, and returns the task without pending notices. */
export async function sendPendingTaskNotices(
  deps: NoticeDeps,
  task: StoredTask,
): Promise<StoredTask> {
  if (!(await enqueuePendingNotices(deps, task))) return task;
  return (await clearTaskNotices(deps.table, task, task.dueAt)) ?? task;
}

/** Enqueues the pending notices of a plan, and returns the plan without pending notices. */
export async function sendPendingPlanNotices(
  deps: NoticeDeps,
  plan: StoredPlan,
): Promise<StoredPlan> {
  if (!(await enqueuePendingNotices(deps, plan))) return plan;
  return (await clearPlanNotices(deps.table, plan, plan.dueAt)) ?? plan;
}

async function enqueuePendingNotices(
  deps: NoticeDeps,
  { pendingNotices }: StoredTask | StoredPlan,
): Promise<boolean> {
  if (pendingNotices.length === 0) return false;
  return sendMessages(
    deps,
    pendingNotices.map((notice) => ({ message: buildNoticeDelivery(notice) })),
  );
}

// Updates of clients. A lost push only delays a client, because clients also poll for changes.

/** Ports of the plan watchers. */
export type WatchDeps = { readonly table: Table; readonly push: Push; readonly clock: Clock };

export async function pushChangeToWatchers(deps: WatchDeps, plan: string): Promise<void> {
  const page = await deps.table.query(formatPlanWatchersPartition(plan));
  const frame: ServerFrame = { type: 'changed', v: 1, plan, at: deps.clock.now() };
  await Promise.all(
    page.items.map(async ({ sk: connection }) => {
      if ((await deps.push.send(connection, frame)) === 'gone')
        await removeConnection(deps.table, connection);
    }),
  );
}
