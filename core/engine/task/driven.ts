import type { StoredTask } from '../../store/task-store.ts';
import { dueAtRest } from './due.ts';

/** What a step of a task came to. */
export type Driven =
  /** It was written again on the way, and that write announced itself. */
  | { kind: 'moved' }
  /** Its next state is to be driven at once: the one that was written, or else whatever it is by now. */
  | { kind: 'again'; task?: StoredTask }
  /** It owes nothing more; when to look again. */
  | { kind: 'rest'; dueAt: number | undefined };

export const MOVED: Driven = { kind: 'moved' };

export function restOf(task: StoredTask): Driven {
  return { kind: 'rest', dueAt: dueAtRest(task.state) };
}
