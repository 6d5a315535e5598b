import { type PlanState, withNotice, withoutNotice } from '../../lifecycle/plan-state.ts';
import { readyTasks, runChanges } from '../../store/key.ts';
import { type StoredPlan, settlePlan } from '../../store/plan-store.ts';
import { loadSlots } from '../../store/slot-store.ts';
import { readTask } from '../../store/task-store.ts';
import { isOver, type TaskState } from '../../task/state.ts';
import { applyPlan } from '../apply-plan.ts';
import { hintAll } from '../apply-task.ts';
import type { EngineDeps } from '../deps.ts';

// An active plan in which nothing lives is halted: derived, gating nothing, and said to people after a second look.

const LOOK_AGAIN_MS = 60_000;

export async function lookForLife(deps: EngineDeps, plan: StoredPlan): Promise<void> {
  const { state } = plan;
  const now = deps.clock.now();
  const ready = await deps.table.index('ready', readyTasks(state.id, state.run), { limit: 1 });
  if (ready.items.length > 0) await hintAll(deps, [{ type: 'schedule', v: 1, tasks: [] }]);
  const held = [...(await loadSlots(deps.table)).holders.values()].some(
    (holder) => holder.attempt.plan === state.id,
  );
  if (ready.items.length > 0 || held || (await hasLiveTask(deps, state))) {
    if (state.haltedSince === undefined && state.haltedTold === undefined) {
      if (!isDueSoon(plan, now)) await settlePlan(deps.table, plan, now + LOOK_AGAIN_MS);
      return;
    }
    await endHalt(deps, state.id, 'engine');
    return;
  }
  await sayHalted(deps, plan);
}

/** Something lives again: the scheduler looks for its ready tasks once more. */
export async function endHalt(deps: EngineDeps, id: string, actor: string): Promise<void> {
  const dueAt = deps.clock.now() + LOOK_AGAIN_MS;
  await applyPlan(deps, id, { event: 'moving', actor, dueAt }, (state) => {
    if (state.haltedSince === undefined && state.haltedTold === undefined) return undefined;
    const told = withoutNotice(state, 'plan_halted');
    return { ...told, haltedSince: undefined, haltedTold: undefined };
  });
}

/** It is looked at within the time anyway: writing the head with every merge would cost more than the look itself. */
function isDueSoon({ dueAt }: StoredPlan, now: number): boolean {
  return dueAt !== undefined && dueAt > now && dueAt <= now + LOOK_AGAIN_MS;
}

async function sayHalted(deps: EngineDeps, plan: StoredPlan): Promise<void> {
  const { state } = plan;
  const now = deps.clock.now();
  if (state.haltedTold === true) {
    await settlePlan(deps.table, plan, now + 10 * LOOK_AGAIN_MS);
    return;
  }
  const told = state.haltedSince !== undefined && now - state.haltedSince >= LOOK_AGAIN_MS;
  await applyPlan(
    deps,
    state.id,
    { event: told ? 'halted' : 'halting', actor: 'engine', dueAt: now + LOOK_AGAIN_MS },
    (next) => {
      if (next.status !== 'active') return undefined;
      // It has moved in the meantime, or somebody else has said so.
      if (told && next.haltedSince !== state.haltedSince) return undefined;
      if (!told) return { ...next, haltedSince: next.haltedSince ?? now };
      const message =
        'Nothing can go on without a person: see the tasks that are blocked or failed.';
      return {
        ...withNotice(next, { level: 'warning', code: 'plan_halted', message, at: now }),
        haltedTold: true,
      };
    },
  );
}

/** It goes on by itself, or says whom it waits for. */
function isLive({ status }: TaskState): boolean {
  return status !== 'pending' && !isOver(status);
}

async function hasLiveTask(deps: EngineDeps, plan: PlanState): Promise<boolean> {
  let after: string | undefined;
  do {
    const page = await deps.table.index('changes', runChanges(plan.id, plan.run), {
      limit: 200,
      reverse: true,
      after,
    });
    if (page.items.some((item) => isLive(readTask(item).state))) return true;
    after = page.next;
  } while (after !== undefined);
  return false;
}
