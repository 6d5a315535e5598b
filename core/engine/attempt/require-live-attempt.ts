import { AppError } from '../../base/app-error.ts';
import type { AttemptKey } from '../../contract/id.ts';
import { formatAttemptId } from '../../contract/id.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { loadTask } from '../../store/task-store.ts';
import type { LiveAttempt } from '../../task-state/task-state.ts';
import type { EngineDeps } from '../engine-deps.ts';

export function createAttemptEndedError(key: AttemptKey): AppError {
  return new AppError(
    'conflict',
    'attempt_ended',
    `attempt ${formatAttemptId(key)} has ended: stop, and push nothing`,
  );
}

/** The task of a live attempt; any other attempt is told to stop. */
export async function requireLiveAttempt(
  deps: EngineDeps,
  key: AttemptKey,
): Promise<StoredTask & { readonly current: LiveAttempt }> {
  const task = await loadTask(deps.table, key);
  const current = task?.state.current;
  if (task === undefined || current === undefined || current.n !== key.n)
    throw createAttemptEndedError(key);
  return { ...task, current };
}
