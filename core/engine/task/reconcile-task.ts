import type { TaskKey } from '../../contract/id.ts';
import { buildMergeQueueWakeUp } from '../../contract/queue-message.ts';
import { putMergeQueueEntry, toMergeQueueKey } from '../../store/merge-queue-store.ts';
import { loadPlan } from '../../store/plan-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { loadTask, markTaskReconciled, toTaskKey } from '../../store/task-store.ts';
import { computeIdleDue, needsPlanReconcile } from '../../task-state/task-state.ts';
import { enqueueWakeUps, sendPendingTaskNotices } from '../announce-changes.ts';
import { applyTask, runStepWithFailureHandling } from '../apply/apply-transition.ts';
import type { EngineDeps, ForgeDeps, MergeDeps, TaskWriteDeps } from '../engine-deps.ts';
import { removeEndedPods } from '../launch/attempt-pod.ts';
import { advanceQueue } from '../merge-queue/advance-queue.ts';
import { releaseDependents } from '../merge-queue/release-dependents.ts';
import { reconcilePlan } from '../plan/reconcile-plan.ts';
import { checkLease } from './check-lease.ts';
import { closePull } from './close-pull.ts';
import { observeReview } from './observe-review.ts';
import { preparePull } from './prepare-pull.ts';
import type { ReconcileResult } from './reconcile-result.ts';
import { requeueWhenDue, TRANSITIONED } from './reconcile-result.ts';

// Does the pending work of a task. The reconciler is idempotent: a repeated, late or concurrent call has no further effect.

/**
 * Reconciles a task.
 *
 * @param dueAt due time in the message; a task with another due time is ignored, because the message is outdated
 */
export async function reconcileTask(deps: EngineDeps, key: TaskKey, dueAt?: number): Promise<void> {
  const task = await loadTask(deps.table, key);
  if (task === undefined || (dueAt !== undefined && task.dueAt !== dueAt)) return;
  await reconcileLoadedTask(deps, await sendPendingTaskNotices(deps, task));
}

/** Reconciles a task that was just read or written. */
export async function reconcileLoadedTask(deps: EngineDeps, task: StoredTask): Promise<void> {
  const { task: current, nextRequestAt } = await removeEndedPods(deps, task);
  await runStepWithFailureHandling(deps, current, async () => {
    const result = await reconcileStatus(deps, current);
    if (current.state.simple && needsPlanReconcile(current.state))
      await reconcilePlanIfComplete(deps, current.state.plan);
    if (result.kind === 'reconcileAgain') await reconcileAgain(deps, current, result.task);
    if (result.kind !== 'idle') return;
    const dueAt = Math.min(result.requeueAt ?? Number.POSITIVE_INFINITY, nextRequestAt);
    await markTaskReconciled(deps.table, current, Number.isFinite(dueAt) ? dueAt : undefined);
  });
}

/** Reconciles the task again at once, without a message. */
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
  if (state.liveAttempt !== undefined) return checkLease(deps, task);
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
      return state.nextAttemptKind === 'verify' ? requeueWhenDue(task) : preparePull(deps, task);
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
      return releaseIfDependenciesMerged(deps, task);
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

async function enterMergeQueue(deps: MergeDeps, task: StoredTask): Promise<ReconcileResult> {
  const queueKey = toMergeQueueKey(task.state);
  await putMergeQueueEntry(deps.table, queueKey, {
    task: task.state.task,
    at: task.state.queuedAt ?? 0,
  });
  const outcome = await advanceQueue(deps, queueKey);
  // The worker that holds the lease may have searched for the next entry just before this entry was written.
  if (outcome === 'busy') {
    await enqueueWakeUps(deps, [buildMergeQueueWakeUp(queueKey)], 1);
    return { kind: 'idle', requeueAt: deps.clock.now() + 10_000 };
  }
  return { kind: 'idle', requeueAt: computeIdleDue(task.state) };
}

/** Releases a pending task without unmerged dependencies: a retry may make a task pending after its last dependency was merged. */
async function releaseIfDependenciesMerged(
  deps: TaskWriteDeps,
  task: StoredTask,
): Promise<ReconcileResult> {
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

async function reconcilePlanIfComplete(deps: ForgeDeps, id: string): Promise<void> {
  const plan = await loadPlan(deps.table, id);
  if (plan?.state.status === 'complete') await reconcilePlan(deps, id);
}
