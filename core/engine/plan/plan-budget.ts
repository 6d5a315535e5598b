import type { Condition } from '../../contract/plan.ts';
import type { Waiting } from '../../contract/task.ts';
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

export function buildBudgetWaiting(plan: StoredPlan): Waiting[] {
  if (plan.state.status !== 'active' || !isOverBudget(plan)) return [];
  const { maxTokens, maxUsd } = plan.state.options.budget;
  const tokens = maxTokens === undefined ? '' : ` --max-tokens ${maxTokens * 2}`;
  const usd = maxUsd === undefined ? '' : ` --max-usd ${maxUsd * 2}`;
  return [
    { for: 'a larger budget', command: `smol-gang plan budget ${plan.state.id}${tokens}${usd}` },
  ];
}
