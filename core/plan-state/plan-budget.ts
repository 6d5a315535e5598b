import type { PlanEvent } from './plan-event.ts';
import type { PlanState } from './plan-state.ts';

/** Share of the budget from which people are warned. */
export const BUDGET_WARNING_SHARE = 0.8;

/** A plan with what its attempts have used. Tokens and USD are counted beside the state, without its version. */
export type PlanSpending = {
  readonly state: PlanState;
  readonly usedTokens: number;
  readonly usedUsd: number;
};

/** Returns the used share of the budget: 0 or more, above 1 when it is exceeded, 0 without a budget. */
export function computeBudgetShare({ state, usedTokens, usedUsd }: PlanSpending): number {
  const { maxTokens, maxUsd } = state.options.budget;
  const tokens = maxTokens === undefined ? 0 : usedTokens / maxTokens;
  const usd = maxUsd === undefined ? 0 : usedUsd / maxUsd;
  return Math.max(tokens, usd);
}

/** With the budget used up, running attempts may end but no new attempt begins. */
export function isOverBudget(plan: PlanSpending): boolean {
  return computeBudgetShare(plan) >= 1;
}

/** Returns the event of a crossed limit that the state does not know yet. */
export function findBudgetEvent(plan: PlanSpending): PlanEvent | undefined {
  const { status, budgetLevel } = plan.state;
  const share = computeBudgetShare(plan);
  if (status !== 'active' || share < BUDGET_WARNING_SHARE || budgetLevel === 'used')
    return undefined;
  if (share >= 1) return { type: 'budget_used', share };
  return budgetLevel === undefined ? { type: 'budget_low', share } : undefined;
}
