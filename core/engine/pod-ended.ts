import { parseAttemptId } from '../contract/id.ts';
import { loadTask } from '../store/task-store.ts';
import { applyTask } from './apply-task.ts';
import type { EngineDeps } from './deps.ts';

/** A pod that ended without a result has lost its attempt; nobody waits for the lease. */
export async function podEnded(deps: EngineDeps, attemptId: string): Promise<void> {
  const key = parseAttemptId(attemptId);
  if (key === undefined) return;
  const pod = (await deps.launcher.list()).find((one) => one.attemptId === attemptId);
  if (pod !== undefined && pod.state !== 'gone') return;
  const task = await loadTask(deps.table, key);
  if (task?.state.current?.n !== key.n) return;
  const why = 'its pod ended without a result';
  await applyTask(
    deps,
    key,
    { type: 'attempt_lost', n: key.n, why },
    { actor: 'launcher', loaded: task },
  );
}
