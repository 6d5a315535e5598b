import type { AppError } from '../../base/app-error.ts';
import { isAppError } from '../../base/app-error.ts';
import { wakeUpTask } from '../../contract/queue-message.ts';
import { MAX_MESSAGE_DELAY_MS } from '../../port/queue.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { postponeTask, toTaskKey } from '../../store/task-store.ts';
import { enqueueWakeUps } from '../announce/send-messages.ts';
import type { EngineDeps, TaskWriteDeps } from '../engine-deps.ts';
import { applyTask } from './apply-task.ts';
import { isPausing, recordPauseFor } from './record-pause-for.ts';

/** Time until the next try for an ended task, milliseconds. Closing its pull request can fail; such failures are not counted. */
const UNCOUNTED_RETRY_MS = 300_000;
const RETRY_SECONDS = 5;

/**
 * Runs a step of a task and handles a failure. A pause of an outside system postpones the task without counting a failure. A
 * transient error is thrown, so that the queue delivers the message again. Other failures are counted and finally block the task.
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
      await postponeForPause(deps, task, error);
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
      { actor: 'engine', dueAt: () => deps.clock.now() + RETRY_SECONDS * 1_000 },
    );
    if (applied.kind === 'changed') await enqueueWakeUps(deps, [wakeUpTask(key)], RETRY_SECONDS);
    else await postponeTask(deps.table, task, deps.clock.now() + UNCOUNTED_RETRY_MS);
  }
}

async function postponeForPause(
  deps: Pick<EngineDeps, 'table' | 'queue' | 'clock' | 'log'>,
  task: StoredTask,
  error: AppError,
): Promise<void> {
  const now = deps.clock.now();
  const until = await recordPauseFor(deps, error, task.state);
  await postponeTask(deps.table, task, until);
  if (until - now <= MAX_MESSAGE_DELAY_MS)
    await enqueueWakeUps(deps, [wakeUpTask(task.state)], Math.ceil((until - now) / 1_000));
}
