import { parseAttemptId } from '../../contract/id.ts';
import { loadTask } from '../../store/task-store.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { loseAttempt } from './lose-attempt.ts';

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
