import type { Usage } from '../../contract/task.ts';
import { addPlanUsage } from '../../store/plan-store.ts';
import type { EngineDeps } from '../engine-deps.ts';

/** Adds what an attempt used to the plan's total, which its budget limits. */
export async function recordPlanUsage(
  deps: Pick<EngineDeps, 'table'>,
  plan: string,
  used: Usage | undefined,
): Promise<void> {
  const tokens = used === undefined ? 0 : used.inputTokens + used.outputTokens;
  if (used !== undefined && tokens > 0) await addPlanUsage(deps.table, plan, tokens, used.usd ?? 0);
}
