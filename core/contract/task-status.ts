// Statuses of a task and the predicates over them. This file does not import zod, so that a browser can import the predicates without
// a schema library.

/** Statuses of a task, in the order of its usual life. */
export const TASK_STATUSES = [
  'pending',
  'ready',
  'claimed',
  'working',
  'awaiting_input',
  'pr_open',
  'in_review',
  'changes_requested',
  'merging',
  'merged',
  'blocked',
  'failed',
  'cancelled',
] as const;

/** Status of a task. */
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** Tells whether the task keeps its status until a person or the forge acts: merged, blocked, failed or cancelled. */
export function hasTaskStopped(status: TaskStatus): boolean {
  return (
    status === 'merged' || status === 'cancelled' || status === 'failed' || status === 'blocked'
  );
}

/** Tells whether the task has left `pending` and has not stopped: an attempt, the forge or a person causes the next change. */
export function isTaskLive(status: TaskStatus): boolean {
  return status !== 'pending' && !hasTaskStopped(status);
}

/** Tells whether a live task waits for a person: for an answer or for a review. */
export function isTaskAwaitingPerson(status: TaskStatus): boolean {
  return status === 'awaiting_input' || status === 'in_review';
}

/** Tells whether the task makes progress without a person. */
export function isTaskMoving(status: TaskStatus): boolean {
  return isTaskLive(status) && !isTaskAwaitingPerson(status);
}

/** Tells whether the attempts of the task are over: its pull request is in review or merged, or the task is given up. */
export function isTaskSettled(status: TaskStatus): boolean {
  return status === 'in_review' || (hasTaskStopped(status) && status !== 'blocked');
}
