import type { TaskStatus } from './task-status.ts';
import { isTaskMoving } from './task-status.ts';

// Statuses of a plan and the predicates over them. This file does not import zod, so that a browser can import the predicates without
// a schema library.

/** Statuses of a plan, in the order of its usual life. */
export const PLAN_STATUSES = [
  'planning',
  'pending_approval',
  'activating',
  'active',
  'complete',
  'rejected',
  'cancelled',
  'failed',
  'closed',
] as const;

/** Status of a plan. */
export type PlanStatus = (typeof PLAN_STATUSES)[number];

/** Fields of a PlanView that tell whether the plan makes progress. */
export type PlanProgress = {
  readonly status: PlanStatus;
  /** True for an active plan in which no task moves without a person. */
  readonly halted: boolean;
};

/** Tells whether the plan has ended. A person can restart most ended plans. */
export function hasPlanEnded(status: PlanStatus): boolean {
  return (
    status === 'complete' ||
    status === 'rejected' ||
    status === 'cancelled' ||
    status === 'failed' ||
    status === 'closed'
  );
}

/** Tells whether a run of the plan is being prepared or is under way. */
export function isPlanRunning(status: PlanStatus): boolean {
  return status === 'activating' || status === 'active';
}

/** Tells whether the plan has ended, has halted or awaits approval: nothing happens until a person acts. */
export function hasPlanStopped(plan: PlanProgress): boolean {
  return hasPlanEnded(plan.status) || plan.halted || plan.status === 'pending_approval';
}

/**
 * Tells whether the plan cannot continue without a person. The result can be wrong for a moment between two writes of the engine,
 * so a caller should react only after the result has been true for some seconds.
 *
 * @param tasks all tasks of the current run
 * @param waiting waiting items of the plan and its tasks
 */
export function planNeedsPerson(
  plan: PlanProgress,
  tasks: readonly { readonly status: TaskStatus }[],
  waiting: readonly { readonly kind: string }[],
): boolean {
  if (plan.status === 'pending_approval' || plan.halted) return true;
  const isBudgetUsed = waiting.some(({ kind }) => kind === 'budget');
  if (plan.status === 'planning') return isBudgetUsed;
  if (plan.status !== 'active') return false;
  // Tasks of a plan with a red base are ready, but none starts; the task of a conversation is working, but its agent waits.
  if (waiting.some(({ kind }) => kind === 'base_red' || kind === 'conversation')) return true;
  // Without a budget, tasks that wait for a slot get none.
  const waitsForSlot = ({ status }: { readonly status: TaskStatus }): boolean =>
    status === 'ready' || status === 'changes_requested';
  const canMove = (task: { readonly status: TaskStatus }): boolean =>
    isTaskMoving(task.status) && !(isBudgetUsed && waitsForSlot(task));
  if (tasks.some(canMove)) return false;
  return waiting.some(waitsForPerson);
}

/** Tells whether a waiting item needs a person; a pause of the model and the check of a base commit end by themselves. */
export function waitsForPerson(waiting: { readonly kind: string }): boolean {
  return waiting.kind !== 'model' && waiting.kind !== 'base_checking';
}
