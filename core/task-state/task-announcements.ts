import { hasTaskStopped } from '../contract/task-status.ts';
import type { OutgoingMessage } from '../port/queue.ts';
import { MAX_MESSAGE_DELAY_MS } from '../port/queue.ts';
import { hasPendingWork } from './task-due.ts';
import type { TaskState } from './task-state.ts';
import { isSchedulable } from './task-state.ts';

/** The messages that follow from a transition, derived from the states before and after it. */
export type TaskAnnouncement = {
  /** Wake-ups for the task's own next step. A caller that takes this step itself leaves them out. */
  readonly nextStep: readonly OutgoingMessage[];
  /** All other wake-ups: for the plan, and for the end of a pause. */
  readonly wakeUps: readonly OutgoingMessage[];
  /** Whether clients that watch the plan are told to read its changes. */
  readonly clientUpdate: boolean;
};

/** Returns every message that a written transition of a task has to cause; `now` in epoch milliseconds. */
export function announceTaskTransition(
  before: TaskState,
  after: TaskState,
  now: number,
): TaskAnnouncement {
  const { plan, run, task } = after;
  const key = { plan, run, task };
  const nextStep: OutgoingMessage[] = [];
  if (hasPendingWork(after)) nextStep.push({ message: { type: 'reconcile_task', v: 1, ...key } });
  if (isSchedulable(after)) nextStep.push({ message: { type: 'schedule', v: 1, tasks: [key] } });
  const wakeUps: OutgoingMessage[] = [];
  // A task that moves again ends the halt of its plan.
  if (hasTaskStopped(before.status) && !hasTaskStopped(after.status))
    wakeUps.push({ message: { type: 'reconcile_plan', v: 1, plan } });
  // Without a message, a short pause would last until the next sweep.
  const waitMs = (after.parkedUntil ?? 0) - now;
  if (waitMs > 0 && waitMs <= MAX_MESSAGE_DELAY_MS)
    wakeUps.push({
      message: { type: 'reconcile_task', v: 1, ...key },
      delaySeconds: Math.ceil(waitMs / 1_000),
    });
  return { nextStep, wakeUps, clientUpdate: true };
}
