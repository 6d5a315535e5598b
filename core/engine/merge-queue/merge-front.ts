import { formatRootBranch } from '../../contract/branch-name.ts';
import type { Forge, MergeOutcome } from '../../port/forge.ts';
import type {
  MergeQueueEntry,
  MergeQueueState,
  StoredMergeQueue,
} from '../../store/merge-queue-store.ts';
import { saveMergeQueue } from '../../store/merge-queue-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { loadTask } from '../../store/task-store.ts';
import { requirePlan } from '../apply/apply-plan.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { observePull } from '../pull/observe-pull.ts';
import { resolveForge } from '../pull/task-forge.ts';
import {
  evidenceIsCurrent,
  findObjection,
  requestVerification,
  VERIFICATION_POLL_MS,
} from './check-front.ts';
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
