import { parseAttemptId } from '../../contract/id.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { loadTask, toTaskKey } from '../../store/task-store.ts';
import { applyTask } from '../apply/apply-task.ts';
import type { EngineDeps } from '../engine-deps.ts';

/** A pod that ended without a result has lost its attempt; nobody waits for the lease. */
export async function handlePodEnded(deps: EngineDeps, attemptId: string): Promise<void> {
  const key = parseAttemptId(attemptId);
  if (key === undefined) return;
  const pod = (await deps.launcher.list()).find((one) => one.attemptId === attemptId);
  if (pod !== undefined && pod.state !== 'gone') return;
  const task = await loadTask(deps.table, key);
  if (task?.state.current?.n !== key.n) return;
  await loseAttempt(deps, task, 'its pod ended without a result', 'launcher');
}

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
