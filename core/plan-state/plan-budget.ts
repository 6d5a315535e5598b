import type { PlanEvent } from './plan-event.ts';
import type { PlanState } from './plan-state.ts';

/** Used share of the budget at which people get a warning. */
export const BUDGET_WARNING_SHARE = 0.8;

/** A plan and the usage of its attempts. The store keeps the two totals outside `state`; a new total does not change the version of the plan. */
export type PlanSpending = {
  readonly state: PlanState;
  readonly usedTokens: number;
  readonly usedUsd: number;
};

/** Returns the used share of the budget: 0 without a budget or usage, 1 for a used-up budget, more for an exceeded budget. */
export function computeBudgetShare({ state, usedTokens, usedUsd }: PlanSpending): number {
  const { maxTokens, maxUsd } = state.options.budget;
  const tokens = maxTokens === undefined ? 0 : usedTokens / maxTokens;
  const usd = maxUsd === undefined ? 0 : usedUsd / maxUsd;
  return Math.max(tokens, usd);
}

/** Returns whether the budget is used up: running attempts may finish, but no new attempt starts. */
export function isOverBudget(plan: PlanSpending): boolean {
  return computeBudgetShare(plan) >= 1;
}

/** Returns the event for a crossed budget limit, or undefined if the state of the plan already records the limit. */
export function findBudgetEvent(plan: PlanSpending): PlanEvent | undefined {
  const { status, budgetLevel } = plan.state;
  const share = computeBudgetShare(plan);
  if (status !== 'active' || share < BUDGET_WARNING_SHARE || budgetLevel === 'used')
    return undefined;
  if (share >= 1) return { type: 'budget_used', share };
  return budgetLevel === undefined ? { type: 'budget_low', share } : undefined;
}
