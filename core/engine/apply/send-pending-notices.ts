import { deliverNotice } from '../../contract/queue-message.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { clearPlanNotices } from '../../store/plan-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { clearTaskNotices } from '../../store/task-store.ts';
import { sendWakeUps } from '../announce/enqueue-wake-ups.ts';
import type { EngineDeps } from '../engine-deps.ts';

// A notice is written with its transition, enqueued, and then cleared from the item. A crash between these steps leaves the item
// due with the notice, so the next look enqueues the notice again. Consumers recognise a repeated notice by its id.

type NoticeDeps = Pick<EngineDeps, 'table' | 'queue' | 'log'>;

/** Enqueues the pending notices of a task, and returns the task without them. */
export async function sendPendingTaskNotices(
  deps: NoticeDeps,
  task: StoredTask,
): Promise<StoredTask> {
  if (!(await sendPending(deps, task))) return task;
  return (await clearTaskNotices(deps.table, task, task.dueAt)) ?? task;
}

/** Enqueues the pending notices of a plan, and returns the plan without them. */
export async function sendPendingPlanNotices(
  deps: NoticeDeps,
  plan: StoredPlan,
): Promise<StoredPlan> {
  if (!(await sendPending(deps, plan))) return plan;
  return (await clearPlanNotices(deps.table, plan, plan.dueAt)) ?? plan;
}

async function sendPending(
  deps: NoticeDeps,
  { pendingNotices }: StoredTask | StoredPlan,
): Promise<boolean> {
  if (pendingNotices.length === 0) return false;
  return sendWakeUps(
    deps,
    pendingNotices.map((notice) => ({ message: deliverNotice(notice) })),
  );
}
