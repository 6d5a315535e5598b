import type { PlanState } from './plan-state.ts';

/** A plan with the tokens and the USD that its attempts have used so far. */
export type PlanSpending = {
  readonly state: PlanState;
  readonly usedTokens: number;
  readonly usedUsd: number;
};

/** Returns the used share of the plan's budget: 0 without a budget, 1 or more for an exhausted budget. */
export function computeBudgetShare({ state, usedTokens, usedUsd }: PlanSpending): number {
  const { maxTokens, maxUsd } = state.options.budget;
  const tokens = maxTokens === undefined ? 0 : usedTokens / maxTokens;
  const usd = maxUsd === undefined ? 0 : usedUsd / maxUsd;
  return Math.max(tokens, usd);
}

/** Returns whether the budget is exhausted: running attempts may end, and no new attempt starts. */
export function isOverBudget(plan: PlanSpending): boolean {
  return computeBudgetShare(plan) >= 1;
}
