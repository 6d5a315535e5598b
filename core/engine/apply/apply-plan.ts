import { AppError } from '../../base/app-error.ts';
import type { Usage } from '../../contract/task.ts';
import { decidePlan } from '../../plan-state/decide-plan.ts';
import { announcePlanTransition } from '../../plan-state/plan-announcements.ts';
import { computePlanDueAfterWrite } from '../../plan-state/plan-due.ts';
import type { PlanEvent } from '../../plan-state/plan-event.ts';
import { findBudgetEvent } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { addPlanUsage, clearPlanNotices, loadPlan, savePlan } from '../../store/plan-store.ts';
import { sendAnnouncement } from '../announce-changes.ts';
import type { PlanWriteDeps, StoreDeps } from '../engine-deps.ts';
import { MAX_HANDLER_LIFETIME_MS } from '../engine-deps.ts';

/** Result of applying an event to a plan. */
export type AppliedPlan =
  | { readonly kind: 'changed'; readonly plan: StoredPlan }
  /** The event does not change the current state of the plan. */
  | { readonly kind: 'noop'; readonly plan: StoredPlan };

/** Number of lost races after which a write fails. */
const MAX_RACES = 12;

/**
 * Applies an event to a plan: reads the plan, decides, writes with a condition on the version, and sends the resulting messages.
 * After a lost race the plan is read again. Throws `plan_unknown`, or `contended` after too many lost races.
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
    const announcement = announcePlanTransition(before.state, decision.state, event, {
      version: before.version + 1,
      now,
    });
    const notices = [...before.pendingNotices, ...announcement.notices];
    const dueAt = computePlanDueAfterWrite(decision.state, event, now);
    const write = { now, dueAt: notices.length === 0 ? dueAt : now, notices };
    const plan = await savePlan(deps.table, before, decision.state, write);
    if (plan !== undefined) {
      const isSent = await sendAnnouncement(deps, { ...announcement, plan: id, notices });
      const isCleared = isSent && notices.length > 0;
      const cleared = isCleared ? await clearPlanNotices(deps.table, plan, dueAt) : undefined;
      return { kind: 'changed', plan: cleared ?? plan };
    }
  }
  throw new AppError(
    'transient',
    'contended',
    `plan ${id} was changed by other writers ${MAX_RACES} times during this change; try again`,
  );
}

/** Returns the plan, or throws `plan_unknown`. */
export async function requirePlan(deps: StoreDeps, id: string): Promise<StoredPlan> {
  const plan = await loadPlan(deps.table, id);
  if (plan === undefined) throw new AppError('notFound', 'plan_unknown', `there is no plan ${id}`);
  return plan;
}

/** Adds the usage of an attempt to the plan's total, and records a crossed limit of the budget. */
export async function recordPlanUsage(
  deps: PlanWriteDeps,
  id: string,
  usage: Usage | undefined,
): Promise<void> {
  const tokens = usage === undefined ? 0 : usage.inputTokens + usage.outputTokens;
  if (usage === undefined || tokens === 0) return;
  const plan = await addPlanUsage(deps.table, id, tokens, usage.usd ?? 0);
  if (plan !== undefined) await checkBudget(deps, plan);
}

/** Records that the plan has crossed 80 % or 100 % of its budget. Returns true if the plan has changed. */
export async function checkBudget(deps: PlanWriteDeps, plan: StoredPlan): Promise<boolean> {
  const event = findBudgetEvent(plan);
  if (event === undefined) return false;
  const applied = await applyPlan(deps, plan.state.id, event, { actor: 'engine' });
  return applied.kind === 'changed';
}
