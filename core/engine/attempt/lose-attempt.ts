import { type StoredTask, taskKeyOf } from '../../store/task-store.ts';
import { applyTask } from '../apply-task.ts';
import type { EngineDeps } from '../deps.ts';

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
  await applyTask(deps, taskKeyOf(task.state), event, { actor, loaded: task });
}
