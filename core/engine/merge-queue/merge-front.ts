import { formatRootBranch } from '../../contract/id.ts';
import { scopeContains } from '../../graph/scope/scope.ts';
import { requirePlanRepository } from '../../plan-state/plan-state.ts';
import type { Forge, MergeOutcome } from '../../port/forge.ts';
import type {
  MergeQueueEntry,
  MergeQueueState,
  StoredMergeQueue,
} from '../../store/merge-queue-store.ts';
import { saveMergeQueue } from '../../store/merge-queue-store.ts';
import { loadResult } from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { loadTask, toTaskKey } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import { applyTask, requirePlan } from '../apply/apply-transition.ts';
import type { EngineDeps, ForgeDeps, StoreDeps, TaskWriteDeps } from '../engine-deps.ts';
import {
  buildChecksEvent,
  buildReviewEvent,
  observePull,
  repeatsUnchangedRepair,
  resolveForge,
} from '../pull/task-pull.ts';
import type { MergeQueueFront, MergeStep } from './record-front-event.ts';
import {
  prefetchMerge,
  recordFrontEvent,
  requestRepairForConflict,
  tryFrontMerge,
} from './record-front-event.ts';

// A step at the front of a merge queue. The forge is read first, so that a completed merge is recorded and not repeated.

const CHECKS_POLL_MS = 15_000;
/** Maximum time that a task with pending checks delays the queue, milliseconds. */
const MAX_PENDING_CHECKS_MS = 10 * 60_000;
/** Number of consecutive refused merges after which the task is blocked. */
const MAX_REFUSALS = 8;
/** Poll interval during a verification, milliseconds; the end of the verification wakes the queue earlier. */
const VERIFICATION_POLL_MS = 60_000;
/** Maximum number of paths in a result; a result with more paths is truncated. */
const MAX_LISTED_PATHS = 3_000;
/** Maximum number of files that a forge returns for a comparison; further files are missing from the answer. */
const MAX_COMPARED_FILES = 300;

/** Does the next step for the task at the front of the queue. */
export async function mergeFront(
  deps: ForgeDeps,
  queue: StoredMergeQueue,
  entry: MergeQueueEntry,
): Promise<MergeStep> {
  const task = await loadTask(deps.table, { ...queue.key, task: entry.task });
  if (task === undefined) return { kind: 'finished', queue };
  const plan = (await requirePlan(deps, queue.key.plan)).state;
  const forge = resolveForge(deps, plan, task.state.repo);
  if (task.state.status !== 'merging') return withdrawTask(deps, forge, queue, task);
  const { pull: pullRef, accepted } = task.state;
  if (pullRef === undefined || accepted === undefined) return { kind: 'finished', queue };
  const rootBranch = formatRootBranch(deps.settings.prefix, queue.key);
  const pull = await forge.readPull(task.state.repo, pullRef.number);
  const event = await observePull(deps, forge, rootBranch, task, pull);
  if (event !== undefined) return recordFrontEvent(deps, queue, task, event);
  if (pull.headSha !== accepted.commit) return { kind: 'requeue', queue, waitMs: 2_000 };
  if (task.state.liveAttempt !== undefined || task.state.nextAttemptKind === 'verify')
    return { kind: 'requeue', queue, waitMs: VERIFICATION_POLL_MS };
  const root = await forge.readBranchHead(task.state.repo, rootBranch);
  if (root === undefined)
    return recordFrontEvent(deps, queue, task, {
      type: 'forge_refused',
      reason: `the root branch ${rootBranch} was deleted; restore the branch, then retry the task`,
    });
  return mergeFrontIfAllowed(deps, queue, {
    queuedAt: entry.at,
    plan,
    forge,
    task,
    root,
    rootBranch,
    commit: accepted.commit,
    pull,
  });
}

/** Merges the front if its evidence holds for the current root commit and neither checks nor reviews prevent the merge. */
async function mergeFrontIfAllowed(
  deps: TaskWriteDeps,
  queue: StoredMergeQueue,
  front: MergeQueueFront,
): Promise<MergeStep> {
  if (!(await evidenceIsCurrent(deps, front))) return requestVerification(deps, queue, front);
  const objection = await findChecksObjection(front);
  if (objection === undefined) return mergePull(deps, queue, front);
  // The event is `checks_stuck` for any pending check; the queue applies the event only after MAX_PENDING_CHECKS_MS.
  const pendingChecks = trackPendingChecks(deps, queue, front);
  const areChecksStuck = deps.clock.now() - pendingChecks.since > MAX_PENDING_CHECKS_MS;
  if (objection.type === 'checks_stuck' && !areChecksStuck)
    return {
      kind: 'requeue',
      queue: { ...queue, state: { ...queue.state, pendingChecks } },
      waitMs: CHECKS_POLL_MS,
    };
  return recordObjection(deps, queue, front, objection);
}

/**
 * Applies an event that prevents the merge, so that the task leaves the queue. A requested merge is prevented too: the forge may
 * still process the call, but refuses to merge a draft.
 */
async function recordObjection(
  deps: TaskWriteDeps,
  queue: StoredMergeQueue,
  front: MergeQueueFront,
  objection: TaskEvent,
): Promise<MergeStep> {
  if (queue.state.phase === 'merging')
    await front.forge.markDraft(front.task.state.repo, front.pull);
  return recordFrontEvent(deps, queue, front.task, objection);
}

function trackPendingChecks(
  deps: Pick<EngineDeps, 'clock'>,
  queue: StoredMergeQueue,
  { commit }: MergeQueueFront,
): NonNullable<MergeQueueState['pendingChecks']> {
  const { pendingChecks } = queue.state;
  return pendingChecks?.commit === commit ? pendingChecks : { commit, since: deps.clock.now() };
}

async function evidenceIsCurrent(deps: StoreDeps, front: MergeQueueFront): Promise<boolean> {
  const { evidence, accepted } = front.task.state;
  if (evidence === undefined || !evidence.green || evidence.commit !== front.commit) return false;
  if (evidence.root === front.root || evidence.empty) return true;
  const repository = requirePlanRepository(front.plan, front.task.state.repo);
  if (repository.strictMerge) return false;
  const [comparison, result] = await Promise.all([
    front.forge.compareCommits(front.task.state.repo, evidence.root, front.root),
    loadResult(deps.table, {
      ...toTaskKey(front.task.state),
      attemptNumber: evidence.attempt ?? accepted?.attempt ?? 0,
    }),
  ]);
  // A truncated list of files or paths may hide a path that both sides changed.
  if (comparison.files.length >= MAX_COMPARED_FILES || result?.outcome !== 'done') return false;
  if (result.changed.length >= MAX_LISTED_PATHS || result.changedTruncated === true) return false;
  return evidenceCoversRoot({
    evidenceRoot: evidence.root,
    root: front.root,
    strict: false,
    changedInRoot: comparison.files.map((file) => file.path),
    changedByTask: result.changed,
    shared: repository.shared,
  });
}

/**
 * Returns true if evidence with `evidenceRoot` also holds for a merge into `root`: the paths that changed in the root branch since
 * then must include neither a path that the task changed nor a shared path. With `strict` only the same root commit is accepted.
 */
export function evidenceCoversRoot(input: {
  readonly evidenceRoot: string;
  readonly root: string;
  readonly strict: boolean;
  readonly changedInRoot: readonly string[];
  readonly changedByTask: readonly string[];
  readonly shared: readonly string[];
}): boolean {
  if (input.evidenceRoot === input.root) return true;
  if (input.strict) return false;
  const changedByTask = new Set(input.changedByTask);
  if (input.changedInRoot.some((path) => changedByTask.has(path))) return false;
  return !input.changedInRoot.some((path) => scopeContains(input.shared, path));
}

/** Requests a `verify` attempt. The queue waits for the evidence and merges nothing, so the root stays the same. */
async function requestVerification(
  deps: TaskWriteDeps,
  queue: StoredMergeQueue,
  front: MergeQueueFront,
): Promise<MergeStep> {
  const { state } = front.task;
  // The forge may still process an earlier merge call with outdated evidence, but refuses to merge a draft.
  if (queue.state.phase === 'merging') await front.forge.markDraft(state.repo, front.pull);
  // A commit with a conflict goes back for repair without a verification.
  if (front.root !== state.evidence?.root && (await tryFrontMerge(deps, front)) === 'conflict')
    return requestRepairForConflict(deps, queue, front);
  await applyTask(
    deps,
    toTaskKey(state),
    { type: 'verify_wanted', root: front.root },
    { actor: 'merge_queue', loaded: front.task, onlyIfUnchanged: true },
  );
  const checkingQueue: StoredMergeQueue = {
    ...queue,
    state: { ...queue.state, phase: 'checking' },
  };
  return { kind: 'requeue', queue: checkingQueue, waitMs: VERIFICATION_POLL_MS };
}

/** Returns the event of red or pending checks; undefined if no check prevents the merge. */
async function findChecksObjection(front: MergeQueueFront): Promise<TaskEvent | undefined> {
  const checks = await front.forge.readChecks(front.task.state.repo, front.commit);
  if (checks.state === 'pending') return { type: 'checks_stuck', checks: checks.pending };
  return buildChecksEvent(checks);
}

/** Returns the event of changes that reviewers request; undefined if no review prevents the merge. */
async function findReviewObjection(front: MergeQueueFront): Promise<TaskEvent | undefined> {
  const { state } = front.task;
  const { reviews, comments } = await front.forge.readReviews(state.repo, front.pull.number);
  const event = buildReviewEvent(reviews, comments, state.lastHandledReview ?? 0, front.commit);
  if (event?.type !== 'changes_requested') return undefined;
  if (!repeatsUnchangedRepair(state, event)) return event;
  const reason =
    'a reviewer still requests changes of this commit, but the repair changed nothing: let the reviewer approve or dismiss the review, then retry the task';
  return { type: 'forge_refused', reason };
}

/**
 * Merges the pull request. The phase `merging` is written first, so that after a crash the next worker repeats the merge call. Reviews
 * are read at the last moment, because a merge call names no reviews.
 */
async function mergePull(
  deps: TaskWriteDeps,
  queue: StoredMergeQueue,
  front: MergeQueueFront,
): Promise<MergeStep> {
  const { state } = front.task;
  if (front.pull.draft) await front.forge.markReady(state.repo, front.pull);
  const next: MergeQueueState = {
    ...queue.state,
    task: state.task,
    at: front.queuedAt,
    phase: 'merging',
  };
  // The write also tests the lease: a worker that lost the lease must not request a merge.
  const [saved, { base }, objection] = await Promise.all([
    saveMergeQueue(deps.table, queue, next, queue.state.leaseUntil),
    front.forge.readPull(state.repo, front.pull.number),
    findReviewObjection(front),
  ]);
  if (saved === undefined) return { kind: 'lost' };
  // A merge call names a commit but no base branch, and a person may have changed the base branch meanwhile.
  if (base !== front.rootBranch) return { kind: 'requeue', queue: saved, waitMs: 1_000 };
  // The step requested no merge, so the queue keeps its earlier phase.
  if (objection !== undefined)
    return recordObjection(deps, { ...saved, state: queue.state }, front, objection);
  const [outcome, prefetched] = await Promise.all([
    requestMerge(front),
    prefetchMerge(deps, front.task),
  ]);
  if (outcome.kind === 'merged') {
    const { sha } = outcome;
    const event: TaskEvent = { type: 'merge_seen', sha, root: sha };
    return recordFrontEvent(deps, saved, front.task, event, prefetched);
  }
  if (outcome.kind === 'headMoved') return { kind: 'requeue', queue: saved, waitMs: 1_000 };
  return handleRefusedMerge(deps, saved, front, outcome.message);
}

function requestMerge(front: MergeQueueFront): Promise<MergeOutcome> {
  return front.forge.mergePull(front.task.state.repo, front.pull.number, {
    sha: front.commit,
    title: `${front.pull.title} (#${front.pull.number})`,
    message: '',
    method: 'merge',
  });
}

/** Handles a refused merge: the cause may be a conflict, a rule, or a forge that has not yet computed the mergeability. */
async function handleRefusedMerge(
  deps: TaskWriteDeps,
  queue: StoredMergeQueue,
  front: MergeQueueFront,
  message: string,
): Promise<MergeStep> {
  if ((await tryFrontMerge(deps, front)) === 'conflict')
    return requestRepairForConflict(deps, queue, front);
  const mergeRefusals = queue.state.mergeRefusals + 1;
  if (mergeRefusals <= MAX_REFUSALS)
    return {
      kind: 'requeue',
      queue: { ...queue, state: { ...queue.state, mergeRefusals } },
      waitMs: Math.min(30_000, 500 * 2 ** mergeRefusals),
    };
  await front.forge.markDraft(front.task.state.repo, front.pull);
  return recordFrontEvent(deps, queue, front.task, { type: 'forge_refused', reason: message });
}

/** Withdraws a task that is no longer `merging`. The forge may still process an earlier merge call for the task. */
async function withdrawTask(
  deps: TaskWriteDeps,
  forge: Forge,
  queue: StoredMergeQueue,
  task: StoredTask,
): Promise<MergeStep> {
  const { pull: pullRef, repo, status } = task.state;
  const wasMergeRequested = queue.state.phase === 'merging' && queue.state.task === task.state.task;
  if (!wasMergeRequested || pullRef === undefined || status === 'merged')
    return { kind: 'finished', queue };
  const pull = await forge.readPull(repo, pullRef.number);
  if (pull.state === 'merged' && pull.base === formatRootBranch(deps.settings.prefix, queue.key)) {
    const sha = pull.mergeSha ?? pull.headSha;
    const step = await recordFrontEvent(deps, queue, task, { type: 'merge_seen', sha, root: sha });
    // A `requeue` means that the merge did not change the task. The queue then has no further work for the task.
    return step.kind === 'requeue' ? { kind: 'finished', queue } : step;
  }
  if (pull.state === 'open' && !pull.draft) await forge.markDraft(repo, pull);
  return { kind: 'finished', queue };
}
