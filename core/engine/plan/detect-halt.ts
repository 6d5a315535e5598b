import { isTaskLive } from '../../contract/task-status.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import { addCondition, removeCondition } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { setPlanDue } from '../../store/plan-store.ts';
import { loadSlots } from '../../store/system-store.ts';
import { readTask } from '../../store/task-store.ts';
import { formatReadyTasksHash, formatRunChangesHash } from '../../topology/table-keys.ts';
import { enqueueWakeUps } from '../announce/enqueue-wake-ups.ts';
import { applyPlan } from '../apply/apply-plan.ts';
import type { EngineDeps } from '../engine-deps.ts';

// An active plan in which nothing lives is halted: derived, gating nothing, and said to people after a second look.

const HALT_CHECK_MS = 60_000;

export async function detectHalt(deps: EngineDeps, plan: StoredPlan): Promise<void> {
  const { state } = plan;
  const now = deps.clock.now();
  const ready = await deps.table.index('ready', formatReadyTasksHash(state.id, state.run), {
    limit: 1,
  });
  if (ready.items.length > 0) await enqueueWakeUps(deps, [{ type: 'schedule', v: 1, tasks: [] }]);
  const held = [...(await loadSlots(deps.table)).holders.values()].some(
    (holder) => holder.attempt.plan === state.id,
  );
  if (ready.items.length > 0 || held || (await hasLiveTask(deps, state))) {
    if (state.haltedSince === undefined && state.haltNotified === undefined) {
      if (!isDueSoon(plan, now)) await setPlanDue(deps.table, plan, now + HALT_CHECK_MS);
      return;
    }
    await clearHalt(deps, state.id, 'engine');
    return;
  }
  await markHalted(deps, plan);
}

/** Something lives again: the scheduler looks for its ready tasks once more. */
export async function clearHalt(deps: EngineDeps, id: string, actor: string): Promise<void> {
  const dueAt = deps.clock.now() + HALT_CHECK_MS;
  await applyPlan(deps, id, { event: 'moving', actor, dueAt }, (state) => {
    if (state.haltedSince === undefined && state.haltNotified === undefined) return undefined;
    const told = removeCondition(state, 'plan_halted');
    return { ...told, haltedSince: undefined, haltNotified: undefined };
  });
}

/** It is looked at within the time anyway: writing the head with every merge would cost more than the look itself. */
function isDueSoon({ dueAt }: StoredPlan, now: number): boolean {
  return dueAt !== undefined && dueAt > now && dueAt <= now + HALT_CHECK_MS;
}

async function markHalted(deps: EngineDeps, plan: StoredPlan): Promise<void> {
  const { state } = plan;
  const now = deps.clock.now();
  if (state.haltNotified === true) {
    await setPlanDue(deps.table, plan, now + 10 * HALT_CHECK_MS);
    return;
  }
  const told = state.haltedSince !== undefined && now - state.haltedSince >= HALT_CHECK_MS;
  await applyPlan(
    deps,
    state.id,
    { event: told ? 'halted' : 'halting', actor: 'engine', dueAt: now + HALT_CHECK_MS },
    (next) => {
      if (next.status !== 'active') return undefined;
      // It has moved in the meantime, or somebody else has said so.
      if (told && next.haltedSince !== state.haltedSince) return undefined;
      if (!told) return { ...next, haltedSince: next.haltedSince ?? now };
      const message =
        'Nothing can go on without a person: see the tasks that are blocked or failed.';
      return {
        ...addCondition(next, { level: 'warning', code: 'plan_halted', message, at: now }),
        haltNotified: true,
      };
    },
  );
}

async function hasLiveTask(deps: EngineDeps, plan: PlanState): Promise<boolean> {
  let after: string | undefined;
  do {
    const page = await deps.table.index('changes', formatRunChangesHash(plan.id, plan.run), {
      limit: 200,
      reverse: true,
      after,
    });
    if (page.items.some((item) => isTaskLive(readTask(item).state.status))) return true;
    after = page.next;
  } while (after !== undefined);
  return false;
}
