import { AppError } from '../../base/app-error.ts';
import type { CreatePlan } from '../../contract/plan.ts';
import { computeBudgetShare, computeSpending, hasBudget } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { addLiveSpending, openSpendingEntry, putSpending } from '../../store/spending-store.ts';
import { loadSlots } from '../../store/system-store.ts';
import { loadAttempt, markAttemptBudgeted } from '../../store/task-detail-store.ts';
import { loadTask } from '../../store/task-store.ts';
import { applyPlan, requirePlan } from '../apply/apply-transition.ts';
import type { PlanWriteDeps, StoreDeps } from '../engine-deps.ts';

/**
 * Changes the budget of a plan. Tasks that the old budget held back start if the new budget is large enough.
 *
 * @throws AppError `budget_too_small` if the plan has used the new budget already
 */
export async function changeBudget(
  deps: PlanWriteDeps,
  id: string,
  budget: CreatePlan['budget'],
  actor: string,
): Promise<StoredPlan> {
  const plan = await requirePlan(deps, id);
  const options = { ...plan.state.options, budget };
  const next: StoredPlan = { ...plan, state: { ...plan.state, options } };
  if (hasBudget(plan.state))
    requireSufficientBudget(await addLiveSpending(deps.table, plan), budget);
  else {
    requireSufficientBudget(plan, budget);
    if (hasBudget(next.state)) await beginSpending(deps, next);
  }
  return (await applyPlan(deps, id, { type: 'budget_changed', budget }, { actor })).plan;
}

function requireSufficientBudget(plan: StoredPlan, budget: CreatePlan['budget']): void {
  const options = { ...plan.state.options, budget };
  if (computeBudgetShare({ ...plan, state: { ...plan.state, options } }) < 1) return;
  const spending = computeSpending(plan);
  throw new AppError(
    'conflict',
    'budget_too_small',
    `plan ${plan.state.id} has used ${spending.tokens} tokens and ${spending.usd.toFixed(2)} USD already; choose a larger budget`,
    { details: { spent: spending } },
  );
}

/** Begins to count the usage of running attempts, because the plan gets its first budget. */
async function beginSpending(deps: StoreDeps, plan: StoredPlan): Promise<void> {
  await putSpending(deps.table, plan);
  const { holders } = await loadSlots(deps.table);
  for (const { attempt } of holders.values()) {
    if (attempt.plan !== plan.state.id) continue;
    const task = await loadTask(deps.table, attempt);
    const liveAttempt = task?.state.liveAttempt;
    // The usage of an ended attempt is in the total. A claimed attempt opens its entry when it starts.
    if (liveAttempt?.attemptNumber !== attempt.attemptNumber || liveAttempt.kind === 'verify')
      continue;
    const record = await loadAttempt(deps.table, attempt);
    if (record === undefined) continue;
    await openSpendingEntry(deps.table, attempt, record.usage);
    await markAttemptBudgeted(deps.table, attempt);
  }
}
