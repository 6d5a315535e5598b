import type { Condition } from '../../contract/plan.ts';
import type { Waiting } from '../../contract/waiting.ts';
import { computeBudgetShare, isOverBudget } from '../../plan-state/plan-budget.ts';
import type { StoredPlan } from '../../store/plan-store.ts';

const WARNING_SHARE = 0.8;

export function buildBudgetConditions(plan: StoredPlan, now: number): Condition[] {
  const used = computeBudgetShare(plan);
  if (plan.state.status !== 'active' || used < WARNING_SHARE) return [];
  const percent = `${Math.floor(used * 100)}% of the plan's budget is used`;
  if (used < 1) return [{ level: 'warning', code: 'budget_low', message: `${percent}.`, at: now }];
  const message = `${percent}: what runs may end, nothing new begins.`;
  return [{ level: 'error', code: 'budget_used', message, at: now }];
}

/** Returns what an active plan waits for once its budget is used up: a larger budget. */
export function buildBudgetWaiting(plan: StoredPlan): Waiting[] {
  if (plan.state.status !== 'active' || !isOverBudget(plan)) return [];
  const { usedTokens, usedUsd, state } = plan;
  return [
    {
      kind: 'budget',
      plan: state.id,
      usedTokens,
      usedUsd,
      ...state.options.budget,
      actions: ['raise_budget'],
    },
  ];
}
