import type { QueueMessage } from '../contract/queue.ts';
import { isSimple } from '../lifecycle/plan-state.ts';
import { runChanges } from '../store/key.ts';
import { clearPauses } from '../store/pause-store.ts';
import type { StoredPlan } from '../store/plan-store.ts';
import { readTask, taskKeyOf } from '../store/task-store.ts';
import { requirePlan } from './apply-plan.ts';
import { hintAll } from './apply-task.ts';
import type { EngineDeps } from './deps.ts';

const PAGE = 200;

/** Looks at everything of a plan now rather than when it is due, and asks again whoever refused for a while. */
export async function recoverPlan(deps: EngineDeps, id: string): Promise<StoredPlan> {
  const plan = await requirePlan(deps, id);
  await clearPauses(deps.table);
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

/** What is merged or waits for others owes nothing. */
async function openTasks(deps: EngineDeps, plan: string, run: number): Promise<QueueMessage[]> {
  const messages: QueueMessage[] = [];
  let after: string | undefined;
  do {
    const page = await deps.table.index('changes', runChanges(plan, run), { limit: PAGE, after });
    for (const { state } of page.items.map(readTask)) {
      if (state.status === 'merged' || state.status === 'pending') continue;
      messages.push({ type: 'drive_task', v: 1, ...taskKeyOf(state) });
    }
    after = page.next;
  } while (after !== undefined);
  return messages;
}
