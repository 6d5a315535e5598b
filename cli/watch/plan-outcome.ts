import { hasPlanEnded, hasPlanStopped, planNeedsPerson } from '../../core/contract/plan-status.ts';
import { isTaskAwaitingPerson } from '../../core/contract/task-status.ts';
import type { ExitCode } from '../cli-error.ts';
import { EXIT } from '../cli-error.ts';
import { collectWaiting } from '../collect-waiting.ts';
import type { PlanSnapshot } from './follow-plan.ts';

// The outcome of a plan for the command line: predicates on a snapshot, and the exit code.

/** Tells whether the plan has ended. */
export function hasEnded({ plan }: PlanSnapshot): boolean {
  return hasPlanEnded(plan.status);
}

/** Tells whether the plan has ended, has halted or awaits approval, so that nothing happens until a person acts. */
export function isAtStandstill({ plan }: PlanSnapshot): boolean {
  return hasPlanStopped(plan);
}

/** Tells whether a plan that has not ended waits for a person, such as an active plan in which no task moves. */
export function needsPerson({ plan, tasks }: PlanSnapshot): boolean {
  return planNeedsPerson(plan, tasks, collectWaiting(plan, tasks));
}

/** Returns the exit code for the state of a plan. A plan in progress that needs no person has the code `done`. */
export function getExitCode(snapshot: PlanSnapshot): ExitCode {
  const { plan, tasks } = snapshot;
  if (plan.status === 'complete') return EXIT.done;
  if (hasEnded(snapshot) || plan.halted) return EXIT.failed;
  if (plan.status === 'pending_approval') return EXIT.waiting;
  if (!needsPerson(snapshot)) return EXIT.done;
  const isPersonAsked = tasks.some((task) => isTaskAwaitingPerson(task.status));
  const hasFailure = tasks.some((task) => task.status === 'blocked' || task.status === 'failed');
  return hasFailure && !isPersonAsked ? EXIT.failed : EXIT.waiting;
}

/** Creates a check that returns true once `condition` has been true for `durationMs` milliseconds without a break. */
export function createLastingCheck(
  condition: (state: PlanSnapshot) => boolean,
  durationMs: number,
  now: () => number,
): (state: PlanSnapshot) => boolean {
  let since: number | undefined;
  return (state) => {
    since = condition(state) ? (since ?? now()) : undefined;
    return since !== undefined && now() - since >= durationMs;
  };
}
