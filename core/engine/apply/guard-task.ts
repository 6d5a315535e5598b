import type { AppError } from '../../base/app-error.ts';
import { isAppError } from '../../base/app-error.ts';
import { wakeUpTask } from '../../contract/queue-message.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { postponeTask, toTaskKey } from '../../store/task-store.ts';
import { enqueueWakeUps } from '../announce/send-messages.ts';
import type { EngineDeps, TaskWriteDeps } from '../engine-deps.ts';
import { applyTask } from './apply-task.ts';
import { isPausing, recordPauseFor } from './record-pause-for.ts';

/** Retry interval of a task that has ended and counts no failures, milliseconds. */
const UNCOUNTED_RETRY_MS = 300_000;

/**
 * Runs a step of a task and handles its failure: a pause of an outside system parks the task at no cost, a network fault is
 * thrown for a redelivery of the message, and any other failure counts on the task and finally blocks the task.
 */
export async function guardTask(
  deps: TaskWriteDeps,
  task: StoredTask,
  runStep: () => Promise<void>,
): Promise<void> {
  try {
    await runStep();
  } catch (error) {
    if (isAppError(error, 'transient')) throw error;
    if (isPausing(error)) {
      await parkTask(deps, task, error);
      return;
    }
    const key = toTaskKey(task.state);
    deps.log.warn('task step failed', {
      ...key,
      status: task.state.status,
      cause: String(error),
      stack: error instanceof Error ? error.stack : undefined,
    });
    const why = error instanceof Error ? error.message : String(error);
    const applied = await applyTask(
      deps,
      key,
      { type: 'faulted', why },
      { actor: 'engine', dueAt: () => deps.clock.now() + 5_000 },
    );
    if (applied.kind === 'changed') await enqueueWakeUps(deps, [wakeUpTask(key)], 5);
    else await postponeTask(deps.table, task, deps.clock.now() + UNCOUNTED_RETRY_MS);
  }
}

async function parkTask(
  deps: Pick<EngineDeps, 'table' | 'queue' | 'clock' | 'log'>,
  task: StoredTask,
  error: AppError,
): Promise<void> {
  const now = deps.clock.now();
  const until = await recordPauseFor(deps, error, task.state);
  await postponeTask(deps.table, task, until);
  const seconds = Math.ceil((until - now) / 1_000);
  if (seconds <= 900) await enqueueWakeUps(deps, [wakeUpTask(task.state)], seconds);
}
