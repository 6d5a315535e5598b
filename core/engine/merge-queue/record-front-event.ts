import type { AttemptResult } from '../../contract/attempt.ts';
import { formatScratchBranch } from '../../contract/id.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import type { Forge, PullRequest } from '../../port/forge.ts';
import type { StoredMergeQueue } from '../../store/merge-queue-store.ts';
import { loadResult } from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { toTaskKey } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import { applyTask } from '../apply/apply-transition.ts';
import type { EngineDeps, StoreDeps, TaskWriteDeps } from '../engine-deps.ts';
import type { PrefetchedDependents } from './release-dependents.ts';
import { prefetchDependents } from './release-dependents.ts';

/** Number of recent merges that a queue stores, to name the tasks that caused a conflict. */
const MAX_RECENT_MERGES = 12;
/** Maximum number of changed files that a queue stores for each recent merge. */
const MAX_RECENT_FILES = 50;
/** Maximum number of files in the description of a conflict. */
const MAX_LISTED_FILES = 20;

/** Outcome of a step at the front of a queue. */
export type MergeStep =
  /** The task leaves the queue: the task is merged, or the task's own reconcile continues. */
  | {
      readonly kind: 'finished';
      readonly queue: StoredMergeQueue;
      readonly merged?: StoredTask;
      readonly dependents?: PrefetchedDependents;
    }
  | { readonly kind: 'requeue'; readonly queue: StoredMergeQueue; readonly waitMs: number }
  /** Another worker holds the lease of the queue. */
  | { readonly kind: 'lost' };

/** Front of a queue as read at the start of a step. */
export type MergeQueueFront = {
  /** Epoch milliseconds at which the task entered the queue; decides the order. */
  readonly queuedAt: number;
  readonly plan: PlanState;
  readonly forge: Forge;
  readonly task: StoredTask;
  /** Head commit of the root branch. */
  readonly root: string;
  readonly rootBranch: string;
  /** Accepted commit, which the step merges. */
  readonly commit: string;
  readonly pull: PullRequest;
};

/** Items that are read while the forge merges, so that after the merge the next pods start earlier. */
export type PrefetchedMerge = {
  readonly dependents?: PrefetchedDependents;
  readonly result?: AttemptResult;
};

export async function prefetchMerge(deps: StoreDeps, task: StoredTask): Promise<PrefetchedMerge> {
  try {
    const [dependents, result] = await Promise.all([
      prefetchDependents(deps, task),
      loadAcceptedResult(deps, task),
    ]);
    return { dependents, result };
  } catch {
    // A failed read must not fail the merge. The missing items are read again later.
    return {};
  }
}

/** Applies an event to the task at the front. The caller releases the dependents of a merged task. */
export async function recordFrontEvent(
  deps: TaskWriteDeps,
  queue: StoredMergeQueue,
  task: StoredTask,
  event: TaskEvent,
  prefetched: PrefetchedMerge = {},
): Promise<MergeStep> {
  const key = toTaskKey(task.state);
  // A merge applies to every state of the task; any other event was observed in the loaded state and applies only to this state.
  const isMergeEvent = event.type === 'merge_seen';
  const [applied, result] = await Promise.all([
    applyTask(deps, key, event, {
      actor: 'merge_queue',
      loaded: task,
      onlyIfUnchanged: !isMergeEvent,
      announce: isMergeEvent ? 'none' : 'all',
    }),
    isMergeEvent ? (prefetched.result ?? loadAcceptedResult(deps, task)) : undefined,
  ]);
  const taskIsMerged = 'task' in applied && applied.task.state.status === 'merged';
  if (applied.kind !== 'changed' && !taskIsMerged) return { kind: 'requeue', queue, waitMs: 1_000 };
  if (!isMergeEvent) return { kind: 'finished', queue };
  const files = result?.outcome === 'done' ? result.changed.slice(0, MAX_RECENT_FILES) : [];
  const recentMerges = [...(queue.state.recentMerges ?? []), { task: key.task, files }];
  return {
    kind: 'finished',
    queue: {
      ...queue,
      state: { ...queue.state, recentMerges: recentMerges.slice(-MAX_RECENT_MERGES) },
    },
    merged: 'task' in applied ? applied.task : undefined,
    dependents: prefetched.dependents,
  };
}

/** Merges the front into a scratch branch, because only a trial merge reliably detects a conflict. */
export function tryFrontMerge(
  deps: Pick<EngineDeps, 'settings'>,
  front: MergeQueueFront,
): Promise<'clean' | 'conflict'> {
  return front.forge.tryMerge(
    front.task.state.repo,
    front.root,
    front.commit,
    formatScratchBranch(deps.settings.prefix, front.task.state),
  );
}

/** Requests a repair of a task whose commit conflicts with the root branch. */
export async function requestRepairForConflict(
  deps: TaskWriteDeps,
  queue: StoredMergeQueue,
  front: MergeQueueFront,
): Promise<MergeStep> {
  const { state } = front.task;
  // The forge may still process an earlier merge call, but refuses to merge a draft.
  if (queue.state.phase === 'merging') await front.forge.markDraft(state.repo, front.pull);
  const [comparison, result] = await Promise.all([
    front.forge.compareCommits(state.repo, state.evidence?.root ?? front.commit, front.root),
    loadAcceptedResult(deps, front.task),
  ]);
  const changedByTask = new Set(result?.outcome === 'done' ? result.changed : []);
  const files = comparison.files.map((file) => file.path).filter((path) => changedByTask.has(path));
  const tasks = (queue.state.recentMerges ?? [])
    .filter((merge) => merge.files.some((file) => files.includes(file)))
    .map((merge) => merge.task);
  return recordFrontEvent(deps, queue, front.task, {
    type: 'changes_requested',
    repair: { reason: 'conflict', detail: describeConflict(files, tasks), files, tasks },
  });
}

function describeConflict(files: readonly string[], tasks: readonly string[]): string {
  const origin = tasks.length > 0 ? ` (changed by ${tasks.join(', ')})` : '';
  const list = files.length > 0 ? `: ${files.slice(0, MAX_LISTED_FILES).join(', ')}` : '';
  return `The changes of this task conflict with the root branch${origin}${list}.`;
}

function loadAcceptedResult(
  deps: StoreDeps,
  { state }: StoredTask,
): Promise<AttemptResult | undefined> {
  return loadResult(deps.table, {
    ...toTaskKey(state),
    attemptNumber: state.accepted?.attempt ?? 0,
  });
}
