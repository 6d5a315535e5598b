import type { TaskStatus } from '../core/contract/task.ts';
import type { ExitCode } from './cli-error.ts';
import { EXIT } from './cli-error.ts';
import type { PlanState } from './progress.ts';
import { collectWaiting } from './render/plan-parts.ts';

const ENDED = new Set(['complete', 'rejected', 'cancelled', 'failed']);
const MOVING = new Set<TaskStatus>([
  'ready',
  'claimed',
  'working',
  'pr_open',
  'changes_requested',
  'merging',
]);

export function hasEnded(state: PlanState): boolean {
  return ENDED.has(state.plan.status);
}

/** Ended, halted, or at the gate: nothing more to see until somebody does something. */
export function hasStopped(state: PlanState): boolean {
  return hasEnded(state) || state.plan.halted || state.plan.status === 'pending_approval';
}

/**
 * Somebody is asked for something and no task goes on by itself. Between two writes of the engine this can look so for a
 * moment; who acts on it waits until it has held for a while.
 */
export function needsPerson(state: PlanState): boolean {
  if (state.plan.status === 'pending_approval' || state.plan.halted) return true;
  if (state.plan.status !== 'active') return false;
  if (state.tasks.some((task) => MOVING.has(task.status))) return false;
  return collectWaiting(state.plan, state.tasks).length > 0;
}

export function exitCodeOf(state: PlanState): ExitCode {
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
export function lasting(
  test: (state: PlanState) => boolean,
  ms: number,
  now: () => number,
): (state: PlanState) => boolean {
  let since: number | undefined;
  return (state) => {
    since = test(state) ? (since ?? now()) : undefined;
    return since !== undefined && now() - since >= ms;
  };
}
