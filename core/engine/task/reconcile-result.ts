import type { StoredTask } from '../../store/task-store.ts';
import { computeIdleDue } from '../../task-state/task-due.ts';

/** Result of one reconcile step of a task. */
export type ReconcileResult =
  /** The step wrote a new state, and that write announced its own next step. */
  | { readonly kind: 'transitioned' }
  /** The next state must be reconciled at once: `task` as the step wrote it, or the stored task if absent. */
  | { readonly kind: 'reconcileAgain'; readonly task?: StoredTask }
  /** No work is pending. `requeueAt`: epoch milliseconds of the next look; undefined if an event must come first. */
  | { readonly kind: 'idle'; readonly requeueAt: number | undefined };

export const TRANSITIONED: ReconcileResult = { kind: 'transitioned' };

export function requeueWhenDue(task: StoredTask): ReconcileResult {
  return { kind: 'idle', requeueAt: computeIdleDue(task.state) };
}
