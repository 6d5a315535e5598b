import { formatAttemptId } from '../../contract/id.ts';
import { removeSlotHolders } from '../../store/slot-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { toTaskKey } from '../../store/task-store.ts';
import { enqueueWakeUps } from '../announce/enqueue-wake-ups.ts';
import { applyTask } from '../apply/apply-task.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { formatPodName } from './launch-attempt.ts';

/** Shortest wait before the next removal request for a pod that is still there, milliseconds. */
export const MIN_POD_REMOVAL_POLL_MS = 2_000;
const MAX_POD_REMOVAL_POLL_MS = 60_000;

export type PodRemoval = {
  /** The task after the removal was recorded. */
  readonly task: StoredTask;
  /** Epoch milliseconds of the next removal request; Infinity if no pod is left. */
  readonly againAt: number;
};

/** Removes the pods of ended attempts. A slot becomes free only when the launcher confirms that the pod is gone. */
export async function removeEndedPods(deps: EngineDeps, task: StoredTask): Promise<PodRemoval> {
  const { attemptsAwaitingPodRemoval, last } = task.state;
  if (attemptsAwaitingPodRemoval.length === 0) return { task, againAt: Number.POSITIVE_INFINITY };
  const key = toTaskKey(task.state);
  const removed: number[] = [];
  for (const n of attemptsAwaitingPodRemoval)
    if (await isPodRemoved(deps, formatPodName({ ...key, n }))) removed.push(n);
  let againAt = Number.POSITIVE_INFINITY;
  if (removed.length < attemptsAwaitingPodRemoval.length) {
    const now = deps.clock.now();
    // The longer the removal takes, the rarer the requests.
    const waitMs = Math.max(
      MIN_POD_REMOVAL_POLL_MS,
      Math.min((now - last.at) / 4, MAX_POD_REMOVAL_POLL_MS),
    );
    againAt = now + Math.round(waitMs);
    const message = { type: 'reconcile_task', v: 1, ...key, dueAt: againAt } as const;
    await enqueueWakeUps(deps, [message], Math.ceil(waitMs / 1_000));
  }
  if (removed.length === 0) return { task, againAt };
  await removeSlotHolders(
    deps.table,
    removed.map((n) => formatAttemptId({ ...key, n })),
  );
  const applied = await applyTask(
    deps,
    key,
    { type: 'pods_gone', attempts: removed },
    { actor: 'engine', loaded: task, announce: 'clients' },
  );
  await enqueueWakeUps(deps, [{ type: 'schedule', v: 1, tasks: [key] }]);
  return { task: 'task' in applied ? applied.task : task, againAt };
}

/** Returns false if the launcher is unreachable: the work of the task itself must not wait for the launcher. */
async function isPodRemoved(deps: EngineDeps, name: string): Promise<boolean> {
  try {
    return (await deps.launcher.remove(name)) === 'gone';
  } catch (error) {
    deps.log.warn('pod could not be removed', { pod: name, cause: String(error) });
    return false;
  }
}
