import type { AttemptResult } from '../../contract/attempt.ts';
import { formatScratchBranch } from '../../contract/branch-name.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import type { Forge, PullRequest } from '../../port/forge.ts';
import type { StoredMergeQueue } from '../../store/merge-queue-store.ts';
import { loadResult } from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { toTaskKey } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import { applyTask } from '../apply/apply-task.ts';
import type { EngineDeps } from '../engine-deps.ts';
import type { PrefetchedDependents } from './release-dependents.ts';
import { prefetchDependents } from './release-dependents.ts';

// What became of the head of a lane is written to its task.

/** Read while the forge merges, so that nothing but writes lies between its answer and the next pod. */
export type PrefetchedMerge = {
  readonly dependents?: PrefetchedDependents;
  readonly result?: AttemptResult;
};

export async function prefetchMerge(deps: EngineDeps, task: StoredTask): Promise<PrefetchedMerge> {
  try {
    const [dependents, result] = await Promise.all([
      prefetchDependents(deps, task),
      loadAcceptedResult(deps, task),
    ]);
    return { dependents, result };
  } catch {
    // The merge is what counts: what could not be read now is read when it is needed.
    return {};
  }
}

/** Writes what happened and does at once what the new state owes: releasing dependents waits for no message. */
export async function recordFrontEvent(
  deps: EngineDeps,
  lane: StoredMergeQueue,
  task: StoredTask,
  event: TaskEvent,
  ahead: PrefetchedMerge = {},
): Promise<MergeStep> {
  const key = toTaskKey(task.state);
  // A merge is a fact whatever the task has become; the rest was seen of this state only.
  const observed = event.type !== 'merge_seen';
  // After a merge its dependents are released at once, and who watches is told then.
  const announce = observed ? 'all' : 'none';
  const [applied, result] = await Promise.all([
    applyTask(deps, key, event, { actor: 'lane', loaded: task, observed, announce }),
    observed ? undefined : (ahead.result ?? loadAcceptedResult(deps, task)),
  ]);
  const isMerged = 'task' in applied && applied.task.state.status === 'merged';
  if (applied.kind !== 'changed' && !isMerged) return { kind: 'wait', queue: lane, waitMs: 1_000 };
  if (event.type !== 'merge_seen') return { kind: 'left', queue: lane };
  const files = result?.outcome === 'done' ? result.changed.slice(0, 50) : [];
  const recent = [...(lane.state.recentMerges ?? []), { task: key.task, files }].slice(-12);
  return {
    kind: 'left',
    queue: { ...lane, state: { ...lane.state, recentMerges: recent } },
    merged: 'task' in applied ? applied.task : undefined,
    dependents: ahead.dependents,
  };
}

export function tryFrontMerge(
  deps: EngineDeps,
  head: MergeQueueFront,
): Promise<'clean' | 'conflict'> {
  return head.forge.tryMerge(
    head.task.state.repo,
    head.root,
    head.commit,
    formatScratchBranch(deps.settings.prefix, head.task.state),
  );
}

export async function requestRepairForConflict(
  deps: EngineDeps,
  lane: StoredMergeQueue,
  head: MergeQueueFront,
): Promise<MergeStep> {
  const { state } = head.task;
  // An earlier call may still be on its way: a draft refuses it.
  if (lane.state.phase === 'merging') await head.forge.markDraft(state.repo, head.pull);
  const [gained, result] = await Promise.all([
    head.forge.compareCommits(state.repo, state.evidence?.root ?? head.commit, head.root),
    loadAcceptedResult(deps, head.task),
  ]);
  const changed = new Set(result?.outcome === 'done' ? result.changed : []);
  const files = gained.files.map((file) => file.path).filter((path) => changed.has(path));
  const tasks = (lane.state.recentMerges ?? [])
    .filter((one) => one.files.some((file) => files.includes(file)))
    .map((one) => one.task);
  const whom = tasks.length > 0 ? ` with what ${tasks.join(', ')} changed` : '';
  const detail = `It conflicts${whom} in the root branch${files.length > 0 ? `: ${files.slice(0, 20).join(', ')}` : ''}.`;
  return recordFrontEvent(deps, lane, head.task, {
    type: 'changes_requested',
    repair: { reason: 'conflict', detail, files, tasks },
  });
}

function loadAcceptedResult(
  deps: EngineDeps,
  { state }: StoredTask,
): Promise<AttemptResult | undefined> {
  return loadResult(deps.table, { ...toTaskKey(state), n: state.accepted?.attempt ?? 0 });
}

export type MergeStep =
  /** It is out of the lane: merged, or its own state says what comes next. */
  | {
      readonly kind: 'left';
      readonly queue: StoredMergeQueue;
      readonly merged?: StoredTask;
      readonly dependents?: PrefetchedDependents;
    }
  | { readonly kind: 'wait'; readonly queue: StoredMergeQueue; readonly waitMs: number }
  /** Another worker has the lane. */
  | { readonly kind: 'lost' };

/** Who is at the head of a lane, as it was found. */
export type MergeQueueFront = {
  /** Its place in the lane. */
  readonly queuedAt: number;
  readonly plan: PlanState;
  readonly forge: Forge;
  readonly task: StoredTask;
  readonly root: string;
  readonly rootBranch: string;
  readonly commit: string;
  readonly pull: PullRequest;
};
