import type { TaskStatus } from '../../core/contract/task.ts';
import type { ExitCode } from '../cli-error.ts';
import { EXIT } from '../cli-error.ts';
import { collectWaiting } from '../render/plan-parts.ts';
import type { PlanSnapshot } from './follow-plan.ts';

const ENDED_STATUSES = new Set(['complete', 'rejected', 'cancelled', 'failed']);
const MOVING_STATUSES = new Set<TaskStatus>([
  'ready',
  'claimed',
  'working',
  'pr_open',
  'changes_requested',
  'merging',
]);

export function hasEnded(state: PlanSnapshot): boolean {
  return ENDED_STATUSES.has(state.plan.status);
}

/** Ended, halted, or at the gate: nothing more to see until somebody does something. */
export function hasStopped(state: PlanSnapshot): boolean {
  return hasEnded(state) || state.plan.halted || state.plan.status === 'pending_approval';
}

/**
 * Somebody is asked for something and no task goes on by itself. Between two writes of the engine this can look so for a
 * moment; who acts on it waits until it has held for a while.
 */
export function needsPerson(state: PlanSnapshot): boolean {
  if (state.plan.status === 'pending_approval' || state.plan.halted) return true;
  if (state.plan.status !== 'active') return false;
  if (state.tasks.some((task) => MOVING_STATUSES.has(task.status))) return false;
  return collectWaiting(state.plan, state.tasks).length > 0;
}

export function getExitCode(state: PlanSnapshot): ExitCode {
  const { plan, tasks } = state;
  if (plan.status === 'complete') return EXIT.done;
  if (hasEnded(state) || plan.halted) return EXIT.failed;
  if (plan.status === 'pending_approval') return EXIT.waiting;
  const asked = tasks.some(
    (task) => task.status === 'awaiting_input' || task.status === 'in_review',
  );
  const stuck = tasks.some((task) => task.status === 'blocked' || task.status === 'failed');
  if (needsPerson(state)) return stuck && !asked ? EXIT.failed : EXIT.waiting;
  return EXIT.done;
}

/** A test that holds only once it has held for `ms` without a break. */
export function createLastingCheck(
  test: (state: PlanSnapshot) => boolean,
  ms: number,
  now: () => number,
): (state: PlanSnapshot) => boolean {
  let since: number | undefined;
  return (state) => {
    since = test(state) ? (since ?? now()) : undefined;
    return since !== undefined && now() - since >= ms;
  };
}
