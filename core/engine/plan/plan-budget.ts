import type { Condition } from '../../contract/plan.ts';
import type { Waiting } from '../../contract/waiting.ts';
import {
  BUDGET_WARNING_SHARE,
  computeBudgetShare,
  computeSpending,
  isOverBudget,
} from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';

/** Returns a warning from 80 % of the budget of an active plan, and an error from 100 %. */
export function buildBudgetConditions(plan: StoredPlan, now: number): Condition[] {
  const usedShare = computeBudgetShare(plan);
  const isRelevant = usedShare >= BUDGET_WARNING_SHARE || isOverBudget(plan);
  if (plan.state.status !== 'active' || !isRelevant) return [];
  const summary = `${Math.floor(usedShare * 100)}% of the plan's budget is used`;
  if (!isOverBudget(plan))
    return [{ level: 'warning', code: 'budget_low', message: `${summary}.`, at: now }];
  const rest = usedShare < 1 ? ', and the rest is too small for the next request to the model' : '';
  const message = `${summary}${rest}. No new attempts start. Raise the budget to continue.`;
  return [{ level: 'error', code: 'budget_used', message, at: now }];
}

/** Returns the request for a larger budget if planning or the run cannot go on within the budget; otherwise an empty list. */
export function buildBudgetWaiting(plan: StoredPlan): Waiting[] {
  const { state } = plan;
  if ((state.status !== 'active' && state.status !== 'planning') || !isOverBudget(plan)) return [];
  const spending = computeSpending(plan);
  return [
    {
      kind: 'budget',
      plan: state.id,
      usedTokens: spending.tokens,
      usedUsd: spending.usd,
      ...state.options.budget,
      actions: ['raise_budget'],
    },
  ];
}
