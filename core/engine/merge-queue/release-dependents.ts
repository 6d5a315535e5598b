import type { QueueMessage } from '../../contract/queue.ts';
import { loadDependents } from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import {
  loadTask,
  markTaskReconciled,
  removeUnmergedDependency,
  toTaskKey,
} from '../../store/task-store.ts';
import { enqueueWakeUps } from '../announce/enqueue-wake-ups.ts';
import { applyTask } from '../apply/apply-task.ts';
import { guardTask } from '../apply/guard-task.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { MIN_POD_REMOVAL_POLL_MS, removeEndedPods } from '../launch/attempt-pod.ts';
import { mapInParallel } from '../map-in-parallel.ts';

const CONCURRENCY = 16;

/** A task's dependents as they were before its merge: each that waits on it alone needs one write then. */
export type PrefetchedDependents = {
  readonly ids: readonly string[];
  readonly read: ReadonlyMap<string, StoredTask>;
};

/** Of more than these, their states are not worth a read ahead. */
const MAX_PREFETCHED = 16;

/** For who is about to merge: what can be read while the forge is asked is not read after it has answered. */
export async function prefetchDependents(
  deps: EngineDeps,
  task: StoredTask,
): Promise<PrefetchedDependents> {
  const key = toTaskKey(task.state);
  const ids = await loadDependents(deps.table, key);
  if (ids.length > MAX_PREFETCHED) return { ids, read: new Map() };
  const read = await mapInParallel(ids, CONCURRENCY, (id) =>
    loadTask(deps.table, { ...key, task: id }),
  );
  return { ids, read: new Map(read.flatMap((one) => (one ? [[one.state.task, one]] : []))) };
}

/**
 * Completes the work that a merge leaves: releases the dependents first, because they wait for nothing else, then removes the
 * pods of ended attempts.
 */
export async function completeMerge(
  deps: EngineDeps,
  merged: StoredTask,
  dependents: PrefetchedDependents | undefined,
): Promise<void> {
  const hasEndedPods = merged.state.attemptsAwaitingPodRemoval.length > 0;
  const dueAt = hasEndedPods ? deps.clock.now() + MIN_POD_REMOVAL_POLL_MS : undefined;
  let isReconciled = false;
  await guardTask(deps, merged, async () => {
    await releaseDependents(deps, merged, dependents);
    isReconciled = await markTaskReconciled(deps.table, merged, dueAt);
  });
  if (!hasEndedPods) return;
  const released = isReconciled ? { ...merged, dependentsReleased: true, dueAt } : merged;
  const { task, againAt } = await removeEndedPods(deps, released);
  // A task that moved on is due for its new state.
  if (isReconciled && task.state.status === merged.state.status)
    await markTaskReconciled(deps.table, task, Number.isFinite(againAt) ? againAt : undefined);
}

/**
 * Tells every dependent that this task is merged. Doing it again, for a crash between two writes, is harmless: an emptied
 * set stays empty, and who is not pending any more stays what it is.
 */
export async function releaseDependents(
  deps: EngineDeps,
  merged: StoredTask,
  dependents?: PrefetchedDependents,
): Promise<void> {
  const released = await releaseTransitively(deps, merged, dependents);
  const messages: QueueMessage[] = [];
  for (let start = 0; start < released.length; start += 50) {
    messages.push({
      type: 'schedule',
      v: 1,
      tasks: released.slice(start, start + 50).map((task) => toTaskKey(task.state)),
    });
  }
  const { plan } = merged.state;
  messages.push({ type: 'reconcile_plan', v: 1, plan }, { type: 'push', v: 1, plan });
  await enqueueWakeUps(deps, messages);
}

/** The tasks that became ready; joins are passed through at once. */
async function releaseTransitively(
  deps: EngineDeps,
  merged: StoredTask,
  ahead: PrefetchedDependents | undefined,
): Promise<StoredTask[]> {
  const ready: StoredTask[] = [];
  const open: StoredTask[] = [merged];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const known = node === merged ? ahead : undefined;
    for (const task of await releaseDirectDependents(deps, node, known)) {
      if (task.state.status === 'merged') open.push(task);
      else ready.push(task);
    }
    if (node !== merged) await markTaskReconciled(deps.table, node, undefined);
  }
  return ready;
}

async function releaseDirectDependents(
  deps: EngineDeps,
  node: StoredTask,
  ahead: PrefetchedDependents | undefined,
): Promise<StoredTask[]> {
  const key = toTaskKey(node.state);
  const { ordinal } = node.state;
  const ids = ahead?.ids ?? (await loadDependents(deps.table, key));
  const moved = await mapInParallel(
    ids,
    CONCURRENCY,
    async (task) =>
      (await releasePrefetched(deps, ahead?.read.get(task), ordinal)) ??
      releaseDependent(deps, { ...key, task }, ordinal),
  );
  return moved.filter((task) => task !== undefined);
}

/** Off the last that it waits on and ready in one write, if it is still as it was read; a set of waits only shrinks. */
async function releasePrefetched(
  deps: EngineDeps,
  dependent: StoredTask | undefined,
  ordinal: number,
): Promise<StoredTask | undefined> {
  const isLast =
    dependent?.unmergedDependencies.length === 1 && dependent.unmergedDependencies[0] === ordinal;
  return isLast
    ? makeTaskReady(deps, { ...dependent, unmergedDependencies: [] }, { observed: true })
    : undefined;
}

async function releaseDependent(
  deps: EngineDeps,
  key: { readonly plan: string; readonly run: number; readonly task: string },
  ordinal: number,
): Promise<StoredTask | undefined> {
  const dependent = await removeUnmergedDependency(deps.table, key, ordinal);
  if (dependent === undefined || dependent.unmergedDependencies.length > 0) return undefined;
  if (dependent.state.status === 'merged' && dependent.state.kind === 'join') return dependent;
  return makeTaskReady(deps, dependent);
}

async function makeTaskReady(
  deps: EngineDeps,
  dependent: StoredTask,
  options: { readonly observed?: boolean } = {},
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
