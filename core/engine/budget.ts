import type { StoredPlan } from '../store/plan-store.ts';

/** Used up: what runs may end, nothing new begins. */
export function overBudget(plan: StoredPlan): boolean {
  const { maxTokens, maxUsd } = plan.state.options.budget;
  return (
    (maxTokens !== undefined && plan.usedTokens >= maxTokens) ||
    (maxUsd !== undefined && plan.usedUsd >= maxUsd)
  );
}
