import type { StoredTask } from '../../store/task-store.ts';
import { computeIdleDue } from '../../task-state/task-state.ts';

/** Result of one reconcile step of a task. */
export type ReconcileResult =
  /** The step wrote a new state and sent the wake-up for the next step. */
  | { readonly kind: 'transitioned' }
  /** The task must be reconciled again at once: `task` if present, otherwise the stored task. */
  | { readonly kind: 'reconcileAgain'; readonly task?: StoredTask }
  /** No work is pending. `requeueAt`: epoch milliseconds of the next reconcile; undefined if the task waits for an event. */
  | { readonly kind: 'idle'; readonly requeueAt: number | undefined };

export const TRANSITIONED: ReconcileResult = { kind: 'transitioned' };

export function requeueWhenDue(task: StoredTask): ReconcileResult {
  return { kind: 'idle', requeueAt: computeIdleDue(task.state) };
}
