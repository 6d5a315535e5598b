import type { TaskKey } from '../../contract/id.ts';
import type { QueueMessage } from '../../contract/queue-message.ts';
import {
  buildPlanPush,
  buildPlanWakeUp,
  buildSchedulerWakeUp,
} from '../../contract/queue-message.ts';
import { loadDependents } from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import {
  loadTask,
  markTaskReconciled,
  removeUnmergedDependency,
  toTaskKey,
} from '../../store/task-store.ts';
import { enqueueWakeUps } from '../announce-changes.ts';
import { applyTask, runStepWithFailureHandling } from '../apply/apply-transition.ts';
import type { PodDeps, StoreDeps, TaskWriteDeps } from '../engine-deps.ts';
import { MIN_POD_REMOVAL_POLL_MS, removeEndedPods } from '../launch/attempt-pod.ts';
import { mapInParallel } from '../map-in-parallel.ts';

const MAX_PARALLEL_TASKS = 16;

/** Maximum number of tasks that one wake-up of the scheduler names. */
const TASKS_PER_MESSAGE = 50;

/** Dependents of a task, read before its merge, so that a dependent without other dependencies becomes ready by one write. */
export type PrefetchedDependents = {
  /** Ids of all dependents. */
  readonly ids: readonly string[];
  /** State of each dependent by id; empty for a task with many dependents. */
  readonly tasks: ReadonlyMap<string, StoredTask>;
};

/** Maximum number of dependents whose states are prefetched. */
const MAX_PREFETCHED = 16;

/** Reads the dependents while the forge performs the merge call, so that after the merge only writes remain. */
export async function prefetchDependents(
  deps: StoreDeps,
  task: StoredTask,
): Promise<PrefetchedDependents> {
  const key = toTaskKey(task.state);
  const ids = await loadDependents(deps.table, key);
  if (ids.length > MAX_PREFETCHED) return { ids, tasks: new Map() };
  const tasks = await mapInParallel(ids, MAX_PARALLEL_TASKS, (id) =>
    loadTask(deps.table, { ...key, task: id }),
  );
  const existing = tasks.filter((dependent) => dependent !== undefined);
  return { ids, tasks: new Map(existing.map((dependent) => [dependent.state.task, dependent])) };
}

/**
 * Completes the work that a merge leaves: releases the dependents first, because the release does not have to wait until the
 * pods are gone, then removes the pods of ended attempts.
 */
export async function completeMerge(
  deps: PodDeps,
  merged: StoredTask,
  dependents: PrefetchedDependents | undefined,
): Promise<void> {
  const hasEndedPods = merged.state.attemptsAwaitingPodRemoval.length > 0;
  const dueAt = hasEndedPods ? deps.clock.now() + MIN_POD_REMOVAL_POLL_MS : undefined;
  let isReconciled = false;
  await runStepWithFailureHandling(deps, merged, async () => {
    await releaseDependents(deps, merged, dependents);
    isReconciled = await markTaskReconciled(deps.table, merged, dueAt);
  });
  if (!hasEndedPods) return;
  const released = isReconciled ? { ...merged, dependentsReleased: true, dueAt } : merged;
  const { task, nextRequestAt } = await removeEndedPods(deps, released);
  // If the removal of pods changed the status, the due time of the new status stays.
  if (isReconciled && task.state.status === merged.state.status)
    await markTaskReconciled(
      deps.table,
      task,
      Number.isFinite(nextRequestAt) ? nextRequestAt : undefined,
    );
}

/**
 * Removes the merged task from the dependencies of every dependent and makes tasks without dependencies ready. The function is
 * idempotent: a removed dependency stays removed, and a task that is not pending keeps its state.
 */
export async function releaseDependents(
  deps: TaskWriteDeps,
  merged: StoredTask,
  dependents?: PrefetchedDependents,
): Promise<void> {
  const released = await releaseTransitively(deps, merged, dependents);
  const messages: QueueMessage[] = [];
  for (let start = 0; start < released.length; start += TASKS_PER_MESSAGE) {
    messages.push(
      buildSchedulerWakeUp(
        released.slice(start, start + TASKS_PER_MESSAGE).map((task) => toTaskKey(task.state)),
      ),
    );
  }
  const { plan } = merged.state;
  messages.push(buildPlanWakeUp(plan), buildPlanPush(plan));
  await enqueueWakeUps(deps, messages);
}

/** Releases the dependents and returns the tasks that became ready. A join has no work, so its dependents are released too. */
async function releaseTransitively(
  deps: TaskWriteDeps,
  merged: StoredTask,
  prefetched: PrefetchedDependents | undefined,
): Promise<StoredTask[]> {
  const ready: StoredTask[] = [];
  const unvisited: StoredTask[] = [merged];
  for (let node = unvisited.pop(); node !== undefined; node = unvisited.pop()) {
    const prefetchedOfNode = node === merged ? prefetched : undefined;
    for (const task of await releaseDirectDependents(deps, node, prefetchedOfNode)) {
      if (task.state.status === 'merged') unvisited.push(task);
      else ready.push(task);
    }
    if (node !== merged) await markTaskReconciled(deps.table, node, undefined);
  }
  return ready;
}

async function releaseDirectDependents(
  deps: TaskWriteDeps,
  node: StoredTask,
  prefetched: PrefetchedDependents | undefined,
): Promise<StoredTask[]> {
  const key = toTaskKey(node.state);
  const { ordinal } = node.state;
  const ids = prefetched?.ids ?? (await loadDependents(deps.table, key));
  const released = await mapInParallel(
    ids,
    MAX_PARALLEL_TASKS,
    async (task) =>
      (await releasePrefetched(deps, prefetched?.tasks.get(task), ordinal)) ??
      releaseDependent(deps, { ...key, task }, ordinal),
  );
  return released.filter((task) => task !== undefined);
}

/**
 * Makes a dependent ready by one write if only the merged task was missing and the dependent has not changed since the prefetch.
 */
async function releasePrefetched(
  deps: TaskWriteDeps,
  dependent: StoredTask | undefined,
  ordinal: number,
): Promise<StoredTask | undefined> {
  const isLast =
    dependent?.unmergedDependencies.length === 1 && dependent.unmergedDependencies[0] === ordinal;
  return isLast
    ? makeTaskReady(deps, { ...dependent, unmergedDependencies: [] }, { onlyIfUnchanged: true })
    : undefined;
}

async function releaseDependent(
  deps: TaskWriteDeps,
  key: TaskKey,
  ordinal: number,
): Promise<StoredTask | undefined> {
  const dependent = await removeUnmergedDependency(deps.table, key, ordinal);
  if (dependent === undefined || dependent.unmergedDependencies.length > 0) return undefined;
  if (dependent.state.status === 'merged' && dependent.state.kind === 'join') return dependent;
  return makeTaskReady(deps, dependent);
}

async function makeTaskReady(
  deps: TaskWriteDeps,
  dependent: StoredTask,
  options: { readonly onlyIfUnchanged?: boolean } = {},
): Promise<StoredTask | undefined> {
  if (dependent.state.status !== 'pending') return undefined;
  const applied = await applyTask(
    deps,
    toTaskKey(dependent.state),
    { type: 'dependencies_merged' },
    { actor: 'engine', loaded: dependent, announce: 'none', ...options },
  );
  return applied.kind === 'changed' ? applied.task : undefined;
}
