import { AppError } from '../../base/app-error.ts';
import { pushPlanChange } from '../../contract/queue-message.ts';
import { decidePlan } from '../../plan-state/decide-plan.ts';
import { announcePlanTransition } from '../../plan-state/plan-announcements.ts';
import { computePlanDueAfterWrite } from '../../plan-state/plan-due.ts';
import type { PlanEvent } from '../../plan-state/plan-event.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { loadPlan, savePlan } from '../../store/plan-store.ts';
import { sendWakeUps } from '../announce/enqueue-wake-ups.ts';
import type { EngineDeps, PlanWriteDeps, StoreDeps } from '../engine-deps.ts';
import { MAX_HANDLER_LIFETIME_MS } from '../engine-deps.ts';

export type ApplyPlanDeps = Pick<EngineDeps, 'table' | 'queue' | 'clock' | 'log' | 'settings'>;

export type AppliedPlan =
  | { readonly kind: 'changed'; readonly plan: StoredPlan }
  /** The event changes nothing in the plan as it is now. */
  | { readonly kind: 'noop'; readonly plan: StoredPlan };

const MAX_RACES = 12;

/**
 * Applies an event to a plan: reads the plan, decides, writes with a condition on the version, and sends what follows from the
 * transition. A lost race reads and decides again. Throws `plan_unknown`, or `contended` after too many lost races.
 */
export async function applyPlan(
  deps: PlanWriteDeps,
  id: string,
  event: PlanEvent,
  options: { readonly actor: string },
): Promise<AppliedPlan> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    const before = await requirePlan(deps, id);
    const now = deps.clock.now();
    const decision = decidePlan(before.state, event, {
      now,
      actor: options.actor,
      version: before.version + 1,
      keepDays: deps.settings.keepDays,
      maxHandlerLifetimeMs: MAX_HANDLER_LIFETIME_MS,
    });
    if (decision.kind === 'noop') return { kind: 'noop', plan: before };
    const dueAt = computePlanDueAfterWrite(decision.state, event, now);
    const plan = await savePlan(deps.table, before, decision.state, { now, dueAt });
    if (plan !== undefined) {
      await sendAnnouncement(deps, plan, event);
      return { kind: 'changed', plan };
    }
  }
  throw new AppError(
    'transient',
    'contended',
    `plan ${id} changed ${MAX_RACES} times while it was being written`,
  );
}

async function sendAnnouncement(
  deps: Pick<EngineDeps, 'queue' | 'clock' | 'log'>,
  { state }: StoredPlan,
  event: PlanEvent,
): Promise<void> {
  const { wakeUps, clientUpdate } = announcePlanTransition(state, event, deps.clock.now());
  const push = clientUpdate ? [{ message: pushPlanChange(state.id) }] : [];
  await sendWakeUps(deps, [...wakeUps, ...push]);
}

/** Returns the plan, or throws `plan_unknown`. */
export async function requirePlan(deps: StoreDeps, id: string): Promise<StoredPlan> {
  const plan = await loadPlan(deps.table, id);
  if (plan === undefined) throw new AppError('notFound', 'plan_unknown', `there is no plan ${id}`);
  return plan;
}
