import { listPages } from '../../base/list-pages.ts';
import { buildSchedulerWakeUp } from '../../contract/queue-message.ts';
import { isTaskLive } from '../../contract/task-status.ts';
import { HALT_CHECK_MS } from '../../plan-state/plan-due.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { setPlanDue } from '../../store/plan-store.ts';
import { loadSlots } from '../../store/system-store.ts';
import { readTask } from '../../store/task-store.ts';
import { formatReadyTasksHash, formatRunChangesHash } from '../../topology/table-keys.ts';
import { enqueueWakeUps } from '../announce-changes.ts';
import { applyPlan } from '../apply/apply-transition.ts';
import type { EngineDeps, PlanWriteDeps, StoreDeps } from '../engine-deps.ts';

// A plan is halted when no task can continue without an action of a person. A second check a minute later confirms the halt before
// people are notified.

/** Interval of the checks of a halted plan, milliseconds. */
const HALTED_PLAN_POLL_MS = 10 * HALT_CHECK_MS;

/** Records whether the plan is halted, and schedules the next check. */
export async function detectHalt(deps: PlanWriteDeps, plan: StoredPlan): Promise<void> {
  const { state } = plan;
  const now = deps.clock.now();
  if (!(await canContinue(deps, state))) {
    await recordHalt(deps, plan);
    return;
  }
  if (state.haltedSince !== undefined || state.haltNotified !== undefined)
    await clearHalt(deps, state.id, 'engine');
  // A plan that is due soon keeps its due time: one early check costs less than a write after every merge.
  else if (!isDueSoon(plan, now)) await setPlanDue(deps.table, plan, now + HALT_CHECK_MS);
}

/** Ends the halt, so that the scheduler considers the plan's ready tasks again. */
export async function clearHalt(deps: PlanWriteDeps, id: string, actor: string): Promise<void> {
  await applyPlan(deps, id, { type: 'halt_cleared' }, { actor });
}

function isDueSoon({ dueAt }: StoredPlan, now: number): boolean {
  return dueAt !== undefined && dueAt > now && dueAt <= now + HALT_CHECK_MS;
}

async function recordHalt(deps: PlanWriteDeps, plan: StoredPlan): Promise<void> {
  const { id, haltedSince, haltNotified } = plan.state;
  const now = deps.clock.now();
  if (haltNotified === true) await setPlanDue(deps.table, plan, now + HALTED_PLAN_POLL_MS);
  else if (haltedSince === undefined)
    await applyPlan(deps, id, { type: 'halt_suspected' }, { actor: 'engine' });
  else if (now - haltedSince < HALT_CHECK_MS)
    await setPlanDue(deps.table, plan, haltedSince + HALT_CHECK_MS);
  else await applyPlan(deps, id, { type: 'halted', suspectedAt: haltedSince }, { actor: 'engine' });
}

/** Returns true if a task is ready, holds a slot or progresses without a person. Wakes the scheduler if a task is ready. */
async function canContinue(
  deps: Pick<EngineDeps, 'table' | 'queue' | 'log'>,
  plan: PlanState,
): Promise<boolean> {
  const ready = await deps.table.queryIndex('ready', formatReadyTasksHash(plan.id, plan.run), {
    limit: 1,
  });
  if (ready.items.length > 0) await enqueueWakeUps(deps, [buildSchedulerWakeUp()]);
  const { holders } = await loadSlots(deps.table);
  const holdsSlot = [...holders.values()].some((holder) => holder.attempt.plan === plan.id);
  return ready.items.length > 0 || holdsSlot || (await hasLiveTask(deps, plan));
}

async function hasLiveTask(deps: StoreDeps, plan: PlanState): Promise<boolean> {
  const hash = formatRunChangesHash(plan.id, plan.run);
  const items = listPages((after) =>
    deps.table.queryIndex('changes', hash, { limit: 200, reverse: true, after }),
  );
  for await (const item of items) if (isTaskLive(readTask(item).state.status)) return true;
  return false;
}
