import type { TaskKey } from '../../contract/id.ts';
import { putMergeQueueEntry, toMergeQueueKey } from '../../store/merge-queue-store.ts';
import { loadPlan } from '../../store/plan-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { loadTask, markTaskReconciled, toTaskKey } from '../../store/task-store.ts';
import { computeIdleDue, needsPlanReconcile } from '../../task-state/task-due.ts';
import { enqueueWakeUps } from '../announce/enqueue-wake-ups.ts';
import { applyTask } from '../apply/apply-task.ts';
import { guardTask } from '../apply/guard-task.ts';
import type { ReconcileResult } from '../apply/reconcile-result.ts';
import { requeueWhenDue, TRANSITIONED } from '../apply/reconcile-result.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { removeEndedPods } from '../launch/attempt-pod.ts';
import { advanceQueue } from '../merge-queue/advance-queue.ts';
import { releaseDependents } from '../merge-queue/release-dependents.ts';
import { reconcilePlan } from '../plan/reconcile-plan.ts';
import { checkLease } from './check-lease.ts';
import { closePull } from './close-pull.ts';
import { observeReview } from './observe-review.ts';
import { promoteTask } from './promote-task.ts';

// Does everything that a task's state owes. Running it twice, late or beside another changes nothing more.

/** `dueAt`: only if it is still due then, see the message. */
export async function reconcileTask(deps: EngineDeps, key: TaskKey, dueAt?: number): Promise<void> {
  const task = await loadTask(deps.table, key);
  if (task === undefined || (dueAt !== undefined && task.dueAt !== dueAt)) return;
  await reconcileLoadedTask(deps, task);
}

/** As driveTask, for a task that was just read or written. */
export async function reconcileLoadedTask(deps: EngineDeps, task: StoredTask): Promise<void> {
  const { task: swept, againAt } = await removeEndedPods(deps, task);
  await guardTask(deps, swept, async () => {
    const driven = await reconcileStatus(deps, swept);
    if (swept.state.simple && needsPlanReconcile(swept.state))
      await reconcilePlanIfComplete(deps, swept.state.plan);
    if (driven.kind === 'again') await reconcileAgain(deps, swept, driven.task);
    if (driven.kind !== 'rest') return;
    const dueAt = Math.min(driven.requeueAt ?? Number.POSITIVE_INFINITY, againAt);
    await markTaskReconciled(deps.table, swept, Number.isFinite(dueAt) ? dueAt : undefined);
  });
}

/** What its own next state owes is done at once. */
async function reconcileAgain(
  deps: EngineDeps,
  before: StoredTask,
  written: StoredTask | undefined,
): Promise<void> {
  if (written === undefined) await reconcileTask(deps, toTaskKey(before.state));
  else await reconcileLoadedTask(deps, written);
}

async function reconcileStatus(deps: EngineDeps, task: StoredTask): Promise<ReconcileResult> {
  const state = task.state;
  if (state.current !== undefined) return checkLease(deps, task);
  if (state.parkedUntil !== undefined && state.parkedUntil <= deps.clock.now()) {
    await applyTask(
      deps,
      toTaskKey(state),
      { type: 'unparked' },
      { actor: 'engine', loaded: task },
    );
    return TRANSITIONED;
  }
  switch (state.status) {
    case 'pr_open':
      return state.nextAttemptKind === 'verify' ? requeueWhenDue(task) : promoteTask(deps, task);
    case 'in_review':
      return observeReview(deps, task);
    case 'merging':
      return enterMergeQueue(deps, task);
    case 'merged':
      if (!task.dependentsReleased) await releaseDependents(deps, task);
      return requeueWhenDue(task);
    case 'cancelled':
      return closePull(deps, task);
    case 'pending':
      return releaseIfUnblocked(deps, task);
    case 'failed':
    case 'ready':
    case 'claimed':
    case 'working':
    case 'awaiting_input':
    case 'changes_requested':
    case 'blocked':
      return requeueWhenDue(task);
    default:
      return state.status satisfies never;
  }
}

async function enterMergeQueue(deps: EngineDeps, task: StoredTask): Promise<ReconcileResult> {
  const lane = toMergeQueueKey(task.state);
  await putMergeQueueEntry(deps.table, lane, {
    task: task.state.task,
    at: task.state.queuedAt ?? 0,
  });
  const worked = await advanceQueue(deps, lane);
  // Whoever holds the lane may have looked for the next entry just before ours was there.
  if (worked === 'busy') {
    await enqueueWakeUps(deps, [{ type: 'merge_queue', v: 1, ...lane }], 1);
    return { kind: 'rest', requeueAt: deps.clock.now() + 10_000 };
  }
  return { kind: 'rest', requeueAt: computeIdleDue(task.state) };
}

/** Made pending again by a retry, perhaps just after the last that it waited on was merged. */
async function releaseIfUnblocked(deps: EngineDeps, task: StoredTask): Promise<ReconcileResult> {
  if (task.unmergedDependencies.length > 0) return requeueWhenDue(task);
  const plan = await loadPlan(deps.table, task.state.plan);
  if (plan?.state.status !== 'active' || plan.state.run !== task.state.run)
    return requeueWhenDue(task);
  await applyTask(
    deps,
    toTaskKey(task.state),
    { type: 'dependencies_merged' },
    { actor: 'engine', loaded: task },
  );
  return TRANSITIONED;
}

async function reconcilePlanIfComplete(deps: EngineDeps, id: string): Promise<void> {
  const plan = await loadPlan(deps.table, id);
  if (plan?.state.status === 'complete') await reconcilePlan(deps, id);
}
