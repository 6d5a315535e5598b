import type { Condition } from '../../contract/plan.ts';
import type { Waiting } from '../../contract/waiting.ts';
import {
  BUDGET_WARNING_SHARE,
  computeBudgetShare,
  isOverBudget,
} from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';

/** Returns a warning from 80 % of the budget of an active plan, and an error from 100 %. */
export function buildBudgetConditions(plan: StoredPlan, now: number): Condition[] {
  const usedShare = computeBudgetShare(plan);
  if (plan.state.status !== 'active' || usedShare < BUDGET_WARNING_SHARE) return [];
  const summary = `${Math.floor(usedShare * 100)}% of the plan's budget is used`;
  if (usedShare < 1)
    return [{ level: 'warning', code: 'budget_low', message: `${summary}.`, at: now }];
  const message = `${summary}. Running attempts may finish, but no new attempts start. Raise the budget to continue.`;
  return [{ level: 'error', code: 'budget_used', message, at: now }];
}

/** Returns the request for a larger budget if an active plan has used up its budget; otherwise an empty list. */
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
