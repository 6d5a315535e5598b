import type { QueueMessage } from '../../contract/queue.ts';
import { isSimple } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { clearPauses } from '../../store/system-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { readTask, toTaskKey } from '../../store/task-store.ts';
import { formatRunChangesHash } from '../../topology/table-keys.ts';
import { enqueueWakeUps } from '../announce/enqueue-wake-ups.ts';
import { applyPlan, requirePlan } from '../apply/apply-plan.ts';
import { applyTask } from '../apply/apply-task.ts';
import type { EngineDeps } from '../engine-deps.ts';

const TASKS_PER_PAGE = 200;

/** Looks at everything of a plan now rather than when it is due, and asks again whoever refused for a while. */
export async function recoverPlan(deps: EngineDeps, id: string): Promise<StoredPlan> {
  const plan = await requirePlan(deps, id);
  await clearPauses(deps.table);
  await unparkPlanning(deps, id);
  const { run } = plan.state;
  const lanes = isSimple(plan.state) ? [] : plan.state.repositories;
  await enqueueWakeUps(deps, [
    { type: plan.state.status === 'planning' ? 'plan' : 'reconcile_plan', v: 1, plan: id },
    ...lanes.map(
      (one): QueueMessage => ({ type: 'merge_queue', v: 1, plan: id, run, repo: one.name }),
    ),
    ...(await unparkOpenTasks(deps, id, run)),
    { type: 'schedule', v: 1, tasks: [] },
  ]);
  return plan;
}

async function unparkPlanning(deps: EngineDeps, id: string): Promise<void> {
  await applyPlan(deps, id, { event: 'unparked', actor: 'recover' }, (state) => {
    if (state.status !== 'planning' || state.planning.parkedUntil === undefined) return undefined;
    return { ...state, planning: { ...state.planning, parkedUntil: undefined } };
  });
}

async function unparkTask(deps: EngineDeps, task: StoredTask): Promise<void> {
  if (task.state.parkedUntil === undefined) return;
  const event = { type: 'unparked', requestedByPerson: true } as const;
  await applyTask(deps, toTaskKey(task.state), event, { actor: 'recover', loaded: task });
}

/** What is merged or waits for others owes nothing; what is parked is let go. */
async function unparkOpenTasks(
  deps: EngineDeps,
  plan: string,
  run: number,
): Promise<QueueMessage[]> {
  const messages: QueueMessage[] = [];
  let after: string | undefined;
  do {
    const page = await deps.table.index('changes', formatRunChangesHash(plan, run), {
      limit: TASKS_PER_PAGE,
      after,
    });
    for (const task of page.items.map(readTask)) {
      const { state } = task;
      if (state.status === 'merged' || state.status === 'pending') continue;
      await unparkTask(deps, task);
      messages.push({ type: 'reconcile_task', v: 1, ...toTaskKey(state) });
    }
    after = page.next;
  } while (after !== undefined);
  return messages;
}
