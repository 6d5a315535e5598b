import { type AttemptKey, formatAttemptId } from '../../contract/id.ts';
import { AppError } from '../../error.ts';
import { loadTask, type StoredTask } from '../../store/task-store.ts';
import type { LiveAttempt } from '../../task/state.ts';
import type { EngineDeps } from '../deps.ts';

export function attemptEnded(key: AttemptKey): AppError {
  return new AppError(
    'conflict',
    'attempt_ended',
    `attempt ${formatAttemptId(key)} has ended: stop, and push nothing`,
  );
}

/** The task of a live attempt; any other attempt is told to stop. */
export async function requireLive(
  deps: EngineDeps,
  key: AttemptKey,
): Promise<StoredTask & { current: LiveAttempt }> {
  const task = await loadTask(deps.table, key);
  const current = task?.state.current;
  if (task === undefined || current === undefined || current.n !== key.n) throw attemptEnded(key);
  return { ...task, current };
}
