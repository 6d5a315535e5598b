import type { StoredTask } from '../../store/task-store.ts';
import { computeIdleDue } from '../../task-state/task-due.ts';

/** What a step of a task came to. */
export type ReconcileResult =
  /** It was written again on the way, and that write announced itself. */
  | { readonly kind: 'moved' }
  /** Its next state is to be driven at once: the one that was written, or else whatever it is by now. */
  | { readonly kind: 'again'; readonly task?: StoredTask }
  /** It owes nothing more; when to look again. */
  | { readonly kind: 'rest'; readonly requeueAt: number | undefined };

export const TRANSITIONED: ReconcileResult = { kind: 'moved' };

export function requeueWhenDue(task: StoredTask): ReconcileResult {
  return { kind: 'rest', requeueAt: computeIdleDue(task.state) };
}
