import { formatRootBranch } from '../../contract/branch-name.ts';
import { scopeContains } from '../../graph/scope/scope.ts';
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
import { requirePlan, requirePlanRepository } from '../apply/apply-plan.ts';
import { applyTask } from '../apply/apply-task.ts';
import type { EngineDeps } from '../engine-deps.ts';
import {
  buildChecksEvent,
  buildReviewEvent,
  observePull,
  resolveForge,
} from '../pull/task-pull.ts';
import type { MergeQueueFront, MergeStep } from './record-front-event.ts';
import {
  prefetchMerge,
  recordFrontEvent,
  requestRepairForConflict,
  tryFrontMerge,
} from './record-front-event.ts';

// One step for whoever is at the head of a lane. The forge is read first: what it shows is recorded, not repeated.

const CHECKS_POLL_MS = 15_000;
/** Of one whose checks take longer others are let past. */
const MAX_PENDING_CHECKS_MS = 10 * 60_000;
const MAX_REFUSALS = 8;

export async function mergeFront(
  deps: EngineDeps,
  lane: StoredMergeQueue,
  entry: MergeQueueEntry,
): Promise<MergeStep> {
  const task = await loadTask(deps.table, { ...lane.key, task: entry.task });
  if (task === undefined) return { kind: 'left', queue: lane };
  const plan = (await requirePlan(deps, lane.key.plan)).state;
  const forge = resolveForge(deps, plan, task.state.repo);
  if (task.state.status !== 'merging') return withdrawTask(deps, forge, lane, task);
  const { pull: ref, accepted } = task.state;
  if (ref === undefined || accepted === undefined) return { kind: 'left', queue: lane };
  const branch = formatRootBranch(deps.settings.prefix, lane.key);
  const pull = await forge.readPull(task.state.repo, ref.number);
  const seen = await observePull(deps, forge, branch, task, pull);
  if (seen !== undefined) return recordFrontEvent(deps, lane, task, seen);
  if (pull.headSha !== accepted.commit) return { kind: 'wait', queue: lane, waitMs: 2_000 };
  if (task.state.current !== undefined || task.state.nextAttemptKind === 'verify')
    return { kind: 'wait', queue: lane, waitMs: VERIFICATION_POLL_MS };
  const root = await forge.readBranchHead(task.state.repo, branch);
  if (root === undefined)
    return recordFrontEvent(deps, lane, task, {
      type: 'forge_refused',
      rule: `the root branch ${branch} is gone`,
    });
  const head: MergeQueueFront = {
    queuedAt: entry.at,
    plan,
    forge,
    task,
    root,
    rootBranch: branch,
    commit: accepted.commit,
    pull,
  };
  if (!(await evidenceIsCurrent(deps, head))) return requestVerification(deps, lane, head);
  const found = await findObjection(head);
  if (found === undefined) return mergePull(deps, lane, head);
  const pending = trackPendingChecks(deps, lane, head);
  const isStuck = deps.clock.now() - pending.since > MAX_PENDING_CHECKS_MS;
  if (found.type === 'checks_stuck' && !isStuck)
    return {
      kind: 'wait',
      queue: { ...lane, state: { ...lane.state, pendingChecks: pending } },
      waitMs: CHECKS_POLL_MS,
    };
  if (lane.state.phase === 'merging') await forge.markDraft(task.state.repo, pull);
  return recordFrontEvent(deps, lane, task, found);
}

function trackPendingChecks(deps: EngineDeps, lane: StoredMergeQueue, { commit }: MergeQueueFront) {
  const { pendingChecks } = lane.state;
  return pendingChecks?.commit === commit ? pendingChecks : { commit, since: deps.clock.now() };
}

/** `merging` is written before the call: whoever takes the lane over repeats that same call. */
async function mergePull(
  deps: EngineDeps,
  lane: StoredMergeQueue,
  head: MergeQueueFront,
): Promise<MergeStep> {
  const { state } = head.task;
  if (head.pull.draft) await head.forge.markReady(state.repo, head.pull);
  const next: MergeQueueState = {
    ...lane.state,
    task: state.task,
    at: head.queuedAt,
    phase: 'merging',
  };
  // Written even when it says so already: whoever lost the lane on the way here must not ask.
  const [held, { base }] = await Promise.all([
    saveMergeQueue(deps.table, lane, next, lane.state.leaseUntil),
    head.forge.readPull(state.repo, head.pull.number),
  ]);
  if (held === undefined) return { kind: 'lost' };
  // The forge is asked to merge a commit, and not where to: a person may have had it go elsewhere since it was read.
  if (base !== head.rootBranch) return { kind: 'wait', queue: held, waitMs: 1_000 };
  const [outcome, ahead] = await Promise.all([requestMerge(head), prefetchMerge(deps, head.task)]);
  if (outcome.kind === 'merged') {
    const { sha } = outcome;
    return recordFrontEvent(deps, held, head.task, { type: 'merge_seen', sha, root: sha }, ahead);
  }
  if (outcome.kind === 'headMoved') return { kind: 'wait', queue: held, waitMs: 1_000 };
  return handleRefusedMerge(deps, held, head, outcome.message);
}

function requestMerge(head: MergeQueueFront): Promise<MergeOutcome> {
  return head.forge.mergePull(head.task.state.repo, head.pull.number, {
    sha: head.commit,
    title: `${head.pull.title} (#${head.pull.number})`,
    message: '',
    method: 'merge',
  });
}

/** "Not mergeable" may be a conflict, a rule, or not computed yet: a merge into a scratch branch is the only judge. */
async function handleRefusedMerge(
  deps: EngineDeps,
  lane: StoredMergeQueue,
  head: MergeQueueFront,
  message: string,
): Promise<MergeStep> {
  if ((await tryFrontMerge(deps, head)) === 'conflict')
    return requestRepairForConflict(deps, lane, head);
  const refusals = lane.state.mergeRefusals + 1;
  if (refusals <= MAX_REFUSALS) {
    const waitMs = Math.min(30_000, 500 * 2 ** refusals);
    return {
      kind: 'wait',
      queue: { ...lane, state: { ...lane.state, mergeRefusals: refusals } },
      waitMs,
    };
  }
  await head.forge.markDraft(head.task.state.repo, head.pull);
  return recordFrontEvent(deps, lane, head.task, { type: 'forge_refused', rule: message });
}

/** It left the lane by itself (cancelled, blocked, sent back): an earlier merge call may still be on its way. */
async function withdrawTask(
  deps: EngineDeps,
  forge: Forge,
  lane: StoredMergeQueue,
  task: StoredTask,
): Promise<MergeStep> {
  const { pull: ref, repo, status } = task.state;
  const asked = lane.state.phase === 'merging' && lane.state.task === task.state.task;
  if (!asked || ref === undefined || status === 'merged') return { kind: 'left', queue: lane };
  const pull = await forge.readPull(repo, ref.number);
  if (pull.state === 'merged' && pull.base === formatRootBranch(deps.settings.prefix, lane.key)) {
    const sha = pull.mergeSha ?? pull.headSha;
    const step = await recordFrontEvent(deps, lane, task, { type: 'merge_seen', sha, root: sha });
    // A state in which that changes nothing has nothing to do in the lane either.
    return step.kind === 'wait' ? { kind: 'left', queue: lane } : step;
  }
  if (pull.state === 'open' && !pull.draft) await forge.markDraft(repo, pull);
  return { kind: 'left', queue: lane };
}

// Whether the head of a lane may be merged: evidence for it with the root of now, checks, people.

/** While its own event does not wake the lane, it looks by itself. */
export const VERIFICATION_POLL_MS = 60_000;
/** As many paths as a result may list. */
const MAX_LISTED_PATHS = 3_000;

export async function evidenceIsCurrent(deps: EngineDeps, head: MergeQueueFront): Promise<boolean> {
  const { evidence, accepted } = head.task.state;
  if (evidence === undefined || !evidence.green || evidence.commit !== head.commit) return false;
  if (evidence.root === head.root || evidence.empty) return true;
  const repository = requirePlanRepository(head.plan, head.task.state.repo);
  if (repository.strictMerge) return false;
  const [gained, result] = await Promise.all([
    head.forge.compareCommits(head.task.state.repo, evidence.root, head.root),
    loadResult(deps.table, {
      ...toTaskKey(head.task.state),
      n: evidence.attempt ?? accepted?.attempt ?? 0,
    }),
  ]);
  // 300 files are all that a forge shows: more may hide behind them.
  if (gained.files.length >= 300 || result?.outcome !== 'done') return false;
  if (result.changed.length >= MAX_LISTED_PATHS || result.changedTruncated === true) return false;
  return evidenceCoversRoot({
    evidenceRoot: evidence.root,
    root: head.root,
    strict: false,
    gained: gained.files.map((file) => file.path),
    changed: result.changed,
    shared: repository.shared,
  });
}

/** New evidence is made while the lane waits: nothing else can move its root meanwhile. */
export async function requestVerification(
  deps: EngineDeps,
  lane: StoredMergeQueue,
  head: MergeQueueFront,
): Promise<MergeStep> {
  const { state } = head.task;
  // An earlier call may still be on its way, on evidence that holds no longer: a draft refuses it.
  if (lane.state.phase === 'merging') await head.forge.markDraft(state.repo, head.pull);
  // A commit that cannot even be merged needs no verification to be sent back.
  if (head.root !== state.evidence?.root && (await tryFrontMerge(deps, head)) === 'conflict')
    return requestRepairForConflict(deps, lane, head);
  await applyTask(
    deps,
    toTaskKey(state),
    { type: 'verify_wanted', root: head.root },
    { actor: 'lane', loaded: head.task, observed: true },
  );
  const checking: StoredMergeQueue = { ...lane, state: { ...lane.state, phase: 'checking' } };
  return { kind: 'wait', queue: checking, waitMs: VERIFICATION_POLL_MS };
}

/** What a person or a check has said since it joined the lane, or has yet to say. */
export async function findObjection(head: MergeQueueFront): Promise<TaskEvent | undefined> {
  const { state } = head.task;
  const checks = await head.forge.readChecks(state.repo, head.commit);
  if (checks.state === 'pending') return { type: 'checks_stuck', checks: checks.pending };
  const red = buildChecksEvent(checks);
  if (red !== undefined) return red;
  const { reviews, comments } = await head.forge.readReviews(state.repo, head.pull.number);
  const event = buildReviewEvent(reviews, comments, state.lastHandledReview ?? 0, head.commit);
  return event?.type === 'changes_requested' ? event : undefined;
}

/**
 * Whether evidence on `evidenceRoot` still speaks for a merge into `root`: it does while what root has gained meets
 * neither what the task changed nor a shared path. `strict`: only the very same root will do.
 */
export function evidenceCoversRoot(input: {
  readonly evidenceRoot: string;
  readonly root: string;
  readonly strict: boolean;
  readonly gained: readonly string[];
  readonly changed: readonly string[];
  readonly shared: readonly string[];
}): boolean {
  if (input.evidenceRoot === input.root) return true;
  if (input.strict) return false;
  const changed = new Set(input.changed);
  if (input.gained.some((path) => changed.has(path))) return false;
  return !input.gained.some((path) => scopeContains(input.shared, path));
}
