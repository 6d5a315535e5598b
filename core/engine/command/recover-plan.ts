import { listPages } from '../../base/list-pages.ts';
import type { QueueMessage } from '../../contract/queue-message.ts';
import {
  buildMergeQueueWakeUp,
  buildPlannerWakeUp,
  buildPlanWakeUp,
  buildSchedulerWakeUp,
  buildTaskWakeUp,
} from '../../contract/queue-message.ts';
import { isSimple } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { clearPauses } from '../../store/system-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { readTask, toTaskKey } from '../../store/task-store.ts';
import { formatRunChangesHash } from '../../topology/table-keys.ts';
import { enqueueWakeUps } from '../announce-changes.ts';
import { applyPlan, applyTask } from '../apply/apply-transition.ts';
import type { TaskWriteDeps } from '../engine-deps.ts';

const TASKS_PER_PAGE = 200;
const ACTOR = 'recover';

/**
 * Ends the pauses of all outside systems, also for other plans, and wakes the plan and its open tasks and merge queues now,
 * regardless of due times.
 */
export async function recoverPlan(deps: TaskWriteDeps, id: string): Promise<StoredPlan> {
  await clearPauses(deps.table);
  const { kind, plan } = await applyPlan(deps, id, { type: 'planning_unparked' }, { actor: ACTOR });
  const { run, status } = plan.state;
  const repositories = isSimple(plan.state) ? [] : plan.state.repositories;
  await enqueueWakeUps(deps, [
    ...(status === 'planning' ? [] : [buildPlanWakeUp(id)]),
    // `planning_unparked` wakes the planner of a parked plan already.
    ...(status === 'planning' && kind === 'noop' ? [buildPlannerWakeUp(id)] : []),
    ...repositories.map(({ name }) => buildMergeQueueWakeUp({ plan: id, run, repo: name })),
    ...(await unparkOpenTasks(deps, id, run)),
    buildSchedulerWakeUp(),
  ]);
  return plan;
}

async function unparkTask(deps: TaskWriteDeps, task: StoredTask): Promise<void> {
  if (task.state.parkedUntil === undefined) return;
  const event = { type: 'unparked', requestedByPerson: true } as const;
  await applyTask(deps, toTaskKey(task.state), event, { actor: ACTOR, loaded: task });
}

/**
 * Unparks the tasks of a run and returns a wake-up message for each. Skips merged tasks, which have no work left, and pending tasks,
 * which wait for other tasks.
 */
async function unparkOpenTasks(
  deps: TaskWriteDeps,
  plan: string,
  run: number,
): Promise<QueueMessage[]> {
  const messages: QueueMessage[] = [];
  const hash = formatRunChangesHash(plan, run);
  const items = listPages((after) =>
    deps.table.queryIndex('changes', hash, { limit: TASKS_PER_PAGE, after }),
  );
  for await (const item of items) {
    const task = readTask(item);
    if (task.state.status === 'merged' || task.state.status === 'pending') continue;
    await unparkTask(deps, task);
    messages.push(buildTaskWakeUp(task.state));
  }
  return messages;
}
