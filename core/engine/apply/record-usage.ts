import type { Usage } from '../../contract/task.ts';
import { findBudgetEvent } from '../../plan-state/plan-state.ts';
import type { Table } from '../../port/table.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { addPlanUsage } from '../../store/plan-store.ts';
import { loadAttempt } from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { toTaskKey } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { addUsage } from '../../task-state/task-state.ts';
import type { PlanWriteDeps } from '../engine-deps.ts';
import { applyPlan } from './apply-plan.ts';

/** Adds the usage of an attempt to the plan's total, and records a crossed limit of the budget. */
export async function recordPlanUsage(
  deps: PlanWriteDeps,
  id: string,
  usage: Usage | undefined,
): Promise<void> {
  const tokens = usage === undefined ? 0 : usage.inputTokens + usage.outputTokens;
  if (usage === undefined || tokens === 0) return;
  const plan = await addPlanUsage(deps.table, id, tokens, usage.usd ?? 0);
  if (plan !== undefined) await checkBudget(deps, plan);
}

/** Records that the plan has crossed 80 % or 100 % of its budget. Returns whether the plan has changed. */
export async function checkBudget(deps: PlanWriteDeps, plan: StoredPlan): Promise<boolean> {
  const event = findBudgetEvent(plan);
  if (event === undefined) return false;
  const applied = await applyPlan(deps, plan.state.id, event, { actor: 'engine' });
  return applied.kind === 'changed';
}

/**
 * Loads the usage in the last heartbeat of the attempt that the event ends: a cancelled or lost attempt sends no result. Returns
 * undefined if the event ends no attempt or carries the usage.
 */
export async function loadLastReportedUsage(
  table: Table,
  before: StoredTask,
  next: TaskState,
  event: TaskEvent,
): Promise<Usage | undefined> {
  const n = before.state.current?.n;
  if (n === undefined || next.current?.n === n) return undefined;
  if ('usage' in event && event.usage !== undefined) return undefined;
  const record = await loadAttempt(table, { ...toTaskKey(before.state), n });
  return record?.usage;
}

export function addTaskUsage(state: TaskState, usage: Usage | undefined): TaskState {
  return usage === undefined ? state : { ...state, usage: addUsage(state.usage, usage) };
}
