import type { Usage } from '../../contract/task.ts';
import type { Table } from '../../port/table.ts';
import { countUsage } from '../../store/plan-store.ts';
import { loadAttempt } from '../../store/task-detail.ts';
import { type StoredTask, taskKeyOf } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task/event.ts';
import { addUsage, type TaskState } from '../../task/state.ts';

// An attempt that is cancelled or lost reports nothing: what its last heartbeat said that it used counts all the same.

/** What the attempt that `event` ends had used, as far as it was heard of. Undefined: none ends, or it says so itself. */
export async function heardUsage(
  table: Table,
  before: StoredTask,
  next: TaskState,
  event: TaskEvent,
): Promise<Usage | undefined> {
  const n = before.state.current?.n;
  if (n === undefined || next.current?.n === n) return undefined;
  if ('usage' in event && event.usage !== undefined) return undefined;
  const record = await loadAttempt(table, { ...taskKeyOf(before.state), n });
  return record?.usage;
}

export function withUsage(state: TaskState, used: Usage | undefined): TaskState {
  return used === undefined ? state : { ...state, usage: addUsage(state.usage, used) };
}

/** For the plan's budget, once the task has it. */
export async function countHeard(
  table: Table,
  plan: string,
  used: Usage | undefined,
): Promise<void> {
  const tokens = used === undefined ? 0 : used.inputTokens + used.outputTokens;
  if (used !== undefined && tokens > 0) await countUsage(table, plan, tokens, used.usd ?? 0);
}
