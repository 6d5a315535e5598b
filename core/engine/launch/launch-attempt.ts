import { isAppError } from '../../base/app-error.ts';
import type { TaskKey } from '../../contract/id.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import { isRunning } from '../../plan-state/plan-state.ts';
import { loadPlan } from '../../store/plan-store.ts';
import type { TaskDetail } from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { loadTask, toTaskKey } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import { applyTask } from '../apply/apply-task.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { buildPodSpec, formatPodName } from './pod-spec.ts';

/**
 * Ensures the pod of a claimed attempt. False: the attempt has ended instead, or another launch goes on with it. `detail` saves
 * the read when it is at hand.
 */
export async function launchAttempt(
  deps: EngineDeps,
  plan: PlanState,
  task: StoredTask,
  detail?: TaskDetail,
): Promise<boolean> {
  const n = task.state.current?.n;
  if (n === undefined) return false;
  const key = toTaskKey(task.state);
  if (!isRunning(plan, key.run)) {
    await cancelTaskWithPlan(deps, plan, key);
    return false;
  }
  const spec = await buildPodSpec(deps, plan, task.state, n, detail);
  try {
    await deps.launcher.ensure(spec);
    return await isAttemptStillWanted(deps, key, n);
  } catch (error) {
    // Whether it is there is not known: it is asked for again until the launch time is over.
    if (isAppError(error, 'transient')) throw error;
    const why = error instanceof Error ? error.message : String(error);
    const until = deps.clock.now() + 15_000;
    const event: TaskEvent = isAppError(error, 'paused')
      ? { type: 'attempt_refused', n, until: error.details.until ?? until, why }
      : { type: 'attempt_lost', n, why: `its pod could not be started: ${why}` };
    // Another that asked before may have been granted the pod, and its bridge be at work.
    await applyTask(deps, key, event, { actor: 'launcher', loaded: task, observed: true });
    return false;
  }
}

/**
 * Looks once more after the pod was asked for. An attempt that ended meanwhile may have been told that there is none, and its
 * slot is free: nobody else would ask for the pod's end. A plan that ended between its reading and the claim may not have
 * seen the claim; a bridge that was faster is told the same when it asks for its assignment.
 */
async function isAttemptStillWanted(deps: EngineDeps, key: TaskKey, n: number): Promise<boolean> {
  const [task, plan] = await Promise.all([
    loadTask(deps.table, key),
    loadPlan(deps.table, key.plan),
  ]);
  if (task?.state.current?.n !== n) {
    await deps.launcher.remove(formatPodName({ ...key, n }));
    return false;
  }
  if (plan === undefined || isRunning(plan.state, key.run)) return true;
  await cancelTaskWithPlan(deps, plan.state, key);
  return false;
}

async function cancelTaskWithPlan(deps: EngineDeps, plan: PlanState, key: TaskKey): Promise<void> {
  const reason = `the plan is ${plan.status}`;
  await applyTask(deps, key, { type: 'cancel', reason }, { actor: 'engine' });
}
