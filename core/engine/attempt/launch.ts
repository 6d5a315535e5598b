import type { TaskKey } from '../../contract/id.ts';
import { isAppError } from '../../error.ts';
import { isRunning, type PlanState } from '../../lifecycle/plan-state.ts';
import { loadPlan } from '../../store/plan-store.ts';
import type { TaskDetail } from '../../store/task-detail.ts';
import { loadTask, type StoredTask, taskKeyOf } from '../../store/task-store.ts';
import { applyTask } from '../apply-task.ts';
import type { EngineDeps } from '../deps.ts';
import { podName, podSpec } from './pod.ts';

/** Ensures the pod of a claimed attempt. False: the attempt has ended instead. `detail` saves the read when it is at hand. */
export async function launch(
  deps: EngineDeps,
  plan: PlanState,
  task: StoredTask,
  detail?: TaskDetail,
): Promise<boolean> {
  const n = task.state.current?.n;
  if (n === undefined) return false;
  const key = taskKeyOf(task.state);
  if (!isRunning(plan, key.run)) {
    await cancelWithPlan(deps, plan, key);
    return false;
  }
  const spec = await podSpec(deps, plan, task.state, n, detail);
  try {
    await deps.launcher.ensure(spec);
    return await withdrawEnded(deps, key, n);
  } catch (error) {
    // Whether it is there is not known: it is asked for again until the launch time is over.
    if (isAppError(error, 'transient')) throw error;
    const why = error instanceof Error ? error.message : String(error);
    if (isAppError(error, 'paused')) {
      const until = error.details.until ?? deps.clock.now() + 15_000;
      await applyTask(deps, key, { type: 'attempt_refused', n, until, why }, { actor: 'launcher' });
    } else
      await applyTask(
        deps,
        key,
        { type: 'attempt_lost', n, why: `its pod could not be started: ${why}` },
        { actor: 'launcher' },
      );
    return false;
  }
}

/**
 * An attempt that ended while its pod was asked for may have been told that there is none, and its slot is free: nobody
 * would ask for the pod's end. False: it has ended.
 */
async function withdrawEnded(deps: EngineDeps, key: TaskKey, n: number): Promise<boolean> {
  const task = await loadTask(deps.table, key);
  if (task?.state.current?.n === n) return true;
  await deps.launcher.remove(podName({ ...key, n }));
  return false;
}

/**
 * Whoever read the plan before the claim looks again after it: a plan that ended in between may not have seen the claim.
 * A bridge that was faster is told the same when it asks for its assignment.
 */
export async function recheckPlan(deps: EngineDeps, key: TaskKey): Promise<void> {
  const plan = await loadPlan(deps.table, key.plan);
  if (plan !== undefined && !isRunning(plan.state, key.run))
    await cancelWithPlan(deps, plan.state, key);
}

async function cancelWithPlan(deps: EngineDeps, plan: PlanState, key: TaskKey): Promise<void> {
  const reason = `the plan is ${plan.status}`;
  await applyTask(deps, key, { type: 'cancel', reason }, { actor: 'engine' });
}
