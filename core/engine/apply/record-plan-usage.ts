import type { Usage } from '../../contract/task.ts';
import { addPlanUsage } from '../../store/plan-store.ts';
import type { PlanWriteDeps } from '../engine-deps.ts';
import { checkBudget } from './check-budget.ts';

/** Adds the usage of an attempt to the plan's total, and records a crossed limit of the budget. */
export async function recordPlanUsage(
  deps: PlanWriteDeps,
  id: string,
  used: Usage | undefined,
): Promise<void> {
  const tokens = used === undefined ? 0 : used.inputTokens + used.outputTokens;
  if (used === undefined || tokens === 0) return;
  const plan = await addPlanUsage(deps.table, id, tokens, used.usd ?? 0);
  if (plan !== undefined) await checkBudget(deps, plan);
}
