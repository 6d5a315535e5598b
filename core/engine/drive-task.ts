import { formatAttemptId, type TaskKey } from '../contract/id.ts';
import { laneKeyOf } from '../merge/lane-key.ts';
import { workLane } from '../merge/work-lane.ts';
import { enterLane } from '../store/lane-store.ts';
import { removeHolders } from '../store/slot-store.ts';
import { loadTask, type StoredTask, settleTask, taskKeyOf } from '../store/task-store.ts';
import { applyTask, hintAll } from './apply-task.ts';
import { closePull } from './close-pull.ts';
import type { EngineDeps } from './deps.ts';
import { dueAtRest } from './due.ts';
import { fanOut } from './fan-out.ts';
import { guardTask } from './guard.ts';
import { checkLease } from './lease.ts';
import { podName } from './pod.ts';
import { promote } from './promote.ts';
import { review } from './review.ts';

// Does everything that a task's state owes. Running it twice, late or beside another changes nothing more.

/** `moved`: the task was written again on the way, and that write announced itself. Else when to look again. */
export type Driven = { kind: 'moved' } | { kind: 'rest'; dueAt: number | undefined };

export const MOVED: Driven = { kind: 'moved' };

export function restOf(task: StoredTask): Driven {
  return { kind: 'rest', dueAt: dueAtRest(task.state) };
}

export async function driveTask(deps: EngineDeps, key: TaskKey): Promise<void> {
  const task = await loadTask(deps.table, key);
  if (task !== undefined) await driveLoaded(deps, task);
}

/** As driveTask, for a task that was just read or written. */
export async function driveLoaded(deps: EngineDeps, task: StoredTask): Promise<void> {
  await guardTask(deps, task, async () => {
    const driven = await act(deps, task);
    if (driven.kind === 'moved') return;
    if (task.state.closing.length > 0) await closePods(deps, task, driven.dueAt);
    else await settleTask(deps.table, task, driven.dueAt);
  });
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
      await fanOut(deps, task);
      return restOf(task);
    case 'cancelled':
    case 'failed':
      await closePull(deps, task);
      return restOf(task);
    case 'pending':
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
  const worked = await workLane(deps, lane);
  // Whoever holds the lane may have looked for the next entry just before ours was there.
  if (worked === 'busy') {
    await hintAll(deps, [{ type: 'lane', v: 1, ...lane }], 1);
    return { kind: 'rest', dueAt: deps.clock.now() + 10_000 };
  }
  return { kind: 'rest', dueAt: dueAtRest(task.state) };
}

/** The slot of an ended attempt is free when the launcher answers that its pod is gone. */
async function closePods(
  deps: EngineDeps,
  task: StoredTask,
  dueAt: number | undefined,
): Promise<void> {
  const key = taskKeyOf(task.state);
  const gone: number[] = [];
  for (const n of task.state.closing) {
    if ((await deps.launcher.remove(podName({ ...key, n }))) === 'gone') gone.push(n);
  }
  await removeHolders(
    deps.table,
    gone.map((n) => formatAttemptId({ ...key, n })),
  );
  const waiting = gone.length < task.state.closing.length;
  const again = waiting ? deps.clock.now() + 10_000 : dueAt;
  if (gone.length > 0) {
    await applyTask(
      deps,
      key,
      { type: 'pods_gone', ns: gone },
      { actor: 'engine', loaded: task, hint: false, dueAt: () => again },
    );
    await hintAll(deps, [{ type: 'schedule', v: 1, tasks: [key] }]);
  } else await settleTask(deps.table, task, again);
  if (waiting) await hintAll(deps, [{ type: 'drive_task', v: 1, ...key }], 2);
}
