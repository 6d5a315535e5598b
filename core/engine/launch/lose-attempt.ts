import type { StoredTask } from '../../store/task-store.ts';
import { toTaskKey } from '../../store/task-store.ts';
import { applyTask } from '../apply/apply-task.ts';
import type { EngineDeps } from '../engine-deps.ts';

/** The live attempt of `task` will never report. */
export async function loseAttempt(
  deps: EngineDeps,
  task: StoredTask,
  why: string,
  actor: string,
): Promise<void> {
  const n = task.state.current?.n;
  if (n === undefined) return;
  const event = { type: 'attempt_lost' as const, n, why };
  await applyTask(deps, toTaskKey(task.state), event, { actor, loaded: task });
}
