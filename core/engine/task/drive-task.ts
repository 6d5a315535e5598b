import { formatAttemptId, type TaskKey } from '../../contract/id.ts';
import { enterLane, laneKeyOf } from '../../store/lane-store.ts';
import { loadPlan } from '../../store/plan-store.ts';
import { removeHolders } from '../../store/slot-store.ts';
import { loadTask, type StoredTask, settleTask, taskKeyOf } from '../../store/task-store.ts';
import { applyTask, hintAll } from '../apply-task.ts';
import { checkLease } from '../attempt/lease.ts';
import { podName } from '../attempt/pod.ts';
import type { EngineDeps } from '../deps.ts';
import { workLane } from '../lane/work-lane.ts';
import { drivePlan } from '../plan/drive-plan.ts';
import { closePull } from './close-pull.ts';
import { type Driven, MOVED, restOf } from './driven.ts';
import { dueAtRest, tellsPlan } from './due.ts';
import { type Dependents, fanOut } from './fan-out.ts';
import { guardTask } from './guard.ts';
import { promote } from './promote.ts';
import { review } from './review.ts';

// Does everything that a task's state owes. Running it twice, late or beside another changes nothing more.

/** Until a pod that was asked to end is asked again: the longer it takes, the less often. */
const SOONEST_CLOSING_MS = 2_000;
const LATEST_CLOSING_MS = 60_000;

/** `dueAt`: only if it is still due then, see the message. */
export async function driveTask(deps: EngineDeps, key: TaskKey, dueAt?: number): Promise<void> {
  const task = await loadTask(deps.table, key);
  if (task === undefined || (dueAt !== undefined && task.dueAt !== dueAt)) return;
  await driveLoaded(deps, task);
}

/** As driveTask, for a task that was just read or written. */
export async function driveLoaded(deps: EngineDeps, task: StoredTask): Promise<void> {
  const { task: swept, againAt } = await closePods(deps, task);
  await guardTask(deps, swept, async () => {
    const driven = await act(deps, swept);
    if (swept.state.simple && tellsPlan(swept.state)) await tellPlan(deps, swept.state.plan);
    if (driven.kind === 'again') await driveAgain(deps, swept, driven.task);
    if (driven.kind !== 'rest') return;
    const dueAt = Math.min(driven.dueAt ?? Number.POSITIVE_INFINITY, againAt);
    await settleTask(deps.table, swept, Number.isFinite(dueAt) ? dueAt : undefined);
  });
}

/** What its own next state owes is done at once. */
async function driveAgain(
  deps: EngineDeps,
  before: StoredTask,
  written: StoredTask | undefined,
): Promise<void> {
  if (written === undefined) await driveTask(deps, taskKeyOf(before.state));
  else await driveLoaded(deps, written);
}

async function act(deps: EngineDeps, task: StoredTask): Promise<Driven> {
  const state = task.state;
  if (state.current !== undefined) return checkLease(deps, task);
  if (state.parkedUntil !== undefined && state.parkedUntil <= deps.clock.now()) {
    await applyTask(
      deps,
      taskKeyOf(state),
      { type: 'unparked' },
      { actor: 'engine', loaded: task },
    );
    return MOVED;
  }
  switch (state.status) {
    case 'pr_open':
      return state.wants === 'verify' ? restOf(task) : promote(deps, task);
    case 'in_review':
      return review(deps, task);
    case 'merging':
      return merge(deps, task);
    case 'merged':
      if (!task.released) await fanOut(deps, task);
      return restOf(task);
    case 'cancelled':
      return closePull(deps, task);
    case 'pending':
      return releaseIfFree(deps, task);
    case 'failed':
    case 'ready':
    case 'claimed':
    case 'working':
    case 'awaiting_input':
    case 'changes_requested':
    case 'blocked':
      return restOf(task);
    default:
      return state.status satisfies never;
  }
}

async function merge(deps: EngineDeps, task: StoredTask): Promise<Driven> {
  const lane = laneKeyOf(task.state);
  await enterLane(deps.table, lane, { task: task.state.task, at: task.state.queuedAt ?? 0 });
  const worked = await workLane(deps, lane, (...merged) => afterMerge(deps, ...merged));
  // Whoever holds the lane may have looked for the next entry just before ours was there.
  if (worked === 'busy') {
    await hintAll(deps, [{ type: 'lane', v: 1, ...lane }], 1);
    return { kind: 'rest', dueAt: deps.clock.now() + 10_000 };
  }
  return { kind: 'rest', dueAt: dueAtRest(task.state) };
}

/** What waits on it goes before all else that it owes. */
export async function afterMerge(
  deps: EngineDeps,
  merged: StoredTask,
  dependents: Dependents | undefined,
): Promise<void> {
  const { closing } = merged.state;
  await guardTask(deps, merged, async () => {
    await fanOut(deps, merged, dependents);
    const again = closing.length === 0 ? undefined : deps.clock.now() + SOONEST_CLOSING_MS;
    await settleTask(deps.table, merged, again);
  });
  if (closing.length > 0) await driveTask(deps, taskKeyOf(merged.state));
}

/** Made pending again by a retry, perhaps just after the last that it waited on was merged. */
async function releaseIfFree(deps: EngineDeps, task: StoredTask): Promise<Driven> {
  if (task.waits.length > 0) return restOf(task);
  const plan = await loadPlan(deps.table, task.state.plan);
  if (plan?.state.status !== 'active' || plan.state.run !== task.state.run) return restOf(task);
  await applyTask(
    deps,
    taskKeyOf(task.state),
    { type: 'dependencies_merged' },
    { actor: 'engine', loaded: task },
  );
  return MOVED;
}

async function tellPlan(deps: EngineDeps, id: string): Promise<void> {
  const plan = await loadPlan(deps.table, id);
  if (plan?.state.status === 'complete') await drivePlan(deps, id);
}

/** The slot of an ended attempt is free when the launcher answers that its pod is gone. Returns the task as it is then. */
async function closePods(
  deps: EngineDeps,
  task: StoredTask,
): Promise<{ task: StoredTask; againAt: number }> {
  const { closing, last } = task.state;
  if (closing.length === 0) return { task, againAt: Number.POSITIVE_INFINITY };
  const key = taskKeyOf(task.state);
  const gone: number[] = [];
  for (const n of closing) if (await isGone(deps, podName({ ...key, n }))) gone.push(n);
  let againAt = Number.POSITIVE_INFINITY;
  if (gone.length < closing.length) {
    const now = deps.clock.now();
    const waitMs = Math.max(SOONEST_CLOSING_MS, Math.min((now - last.at) / 4, LATEST_CLOSING_MS));
    againAt = now + Math.round(waitMs);
    const message = { type: 'drive_task', v: 1, ...key, dueAt: againAt } as const;
    await hintAll(deps, [message], Math.ceil(waitMs / 1_000));
  }
  if (gone.length === 0) return { task, againAt };
  await removeHolders(
    deps.table,
    gone.map((n) => formatAttemptId({ ...key, n })),
  );
  const applied = await applyTask(
    deps,
    key,
    { type: 'pods_gone', ns: gone },
    { actor: 'engine', loaded: task, hint: false },
  );
  await hintAll(deps, [{ type: 'schedule', v: 1, tasks: [key] }]);
  return { task: 'task' in applied ? applied.task : task, againAt };
}

/** A launcher that cannot be reached must not keep the task's own work waiting. */
async function isGone(deps: EngineDeps, name: string): Promise<boolean> {
  try {
    return (await deps.launcher.remove(name)) === 'gone';
  } catch (error) {
    deps.log.warn('pod could not be removed', { pod: name, cause: String(error) });
    return false;
  }
}
