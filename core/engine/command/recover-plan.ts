import type { QueueMessage } from '../../contract/queue.ts';
import { isSimple } from '../../lifecycle/plan-state.ts';
import { runChanges } from '../../store/key.ts';
import { clearPauses } from '../../store/pause-store.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { readTask, type StoredTask, taskKeyOf } from '../../store/task-store.ts';
import { applyPlan, requirePlan } from '../apply-plan.ts';
import { applyTask, hintAll } from '../apply-task.ts';
import type { EngineDeps } from '../deps.ts';

const PAGE = 200;

/** Looks at everything of a plan now rather than when it is due, and asks again whoever refused for a while. */
export async function recoverPlan(deps: EngineDeps, id: string): Promise<StoredPlan> {
  const plan = await requirePlan(deps, id);
  await clearPauses(deps.table);
  await unparkPlanning(deps, id);
  const { run } = plan.state;
  const lanes = isSimple(plan.state) ? [] : plan.state.repositories;
  await hintAll(deps, [
    { type: plan.state.status === 'planning' ? 'plan' : 'drive_plan', v: 1, plan: id },
    ...lanes.map((one): QueueMessage => ({ type: 'lane', v: 1, plan: id, run, repo: one.name })),
    ...(await openTasks(deps, id, run)),
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

async function unpark(deps: EngineDeps, task: StoredTask): Promise<void> {
  if (task.state.parkedUntil === undefined) return;
  const event = { type: 'unparked', asked: true } as const;
  await applyTask(deps, taskKeyOf(task.state), event, { actor: 'recover', loaded: task });
}

/** What is merged or waits for others owes nothing; what is parked is let go. */
async function openTasks(deps: EngineDeps, plan: string, run: number): Promise<QueueMessage[]> {
  const messages: QueueMessage[] = [];
  let after: string | undefined;
  do {
    const page = await deps.table.index('changes', runChanges(plan, run), { limit: PAGE, after });
    for (const task of page.items.map(readTask)) {
      const { state } = task;
      if (state.status === 'merged' || state.status === 'pending') continue;
      await unpark(deps, task);
      messages.push({ type: 'drive_task', v: 1, ...taskKeyOf(state) });
    }
    after = page.next;
  } while (after !== undefined);
  return messages;
}
