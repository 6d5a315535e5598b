import type { Usage } from '../../contract/task.ts';
import type { Table } from '../../port/table.ts';
import { loadAttempt } from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { toTaskKey } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { addUsage } from '../../task-state/task-state.ts';

// An attempt that is cancelled or lost reports nothing: what its last heartbeat said that it used counts all the same.

/** What the attempt that `event` ends had used, as far as it was heard of. Undefined: none ends, or it says so itself. */
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

export function addTaskUsage(state: TaskState, used: Usage | undefined): TaskState {
  return used === undefined ? state : { ...state, usage: addUsage(state.usage, used) };
}
