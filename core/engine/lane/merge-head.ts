import { rootBranch } from '../../lifecycle/branch.ts';
import type { Forge, MergeOutcome } from '../../port/forge.ts';
import {
  type LaneEntry,
  type LaneState,
  type StoredLane,
  saveLane,
} from '../../store/lane-store.ts';
import { loadTask, type StoredTask } from '../../store/task-store.ts';
import { requirePlan } from '../apply-plan.ts';
import type { EngineDeps } from '../deps.ts';
import { observePull } from '../task/observe.ts';
import { forgeOf } from '../task/task-forge.ts';
import { findObjection, proven, VERIFYING_MS, verify } from './check-head.ts';
import { conflict, readAhead, record, tryMerge } from './record-step.ts';
import type { Head, Step } from './step.ts';

// One step for whoever is at the head of a lane. The forge is read first: what it shows is recorded, not repeated.

const CHECKS_MS = 15_000;
/** Of one whose checks take longer others are let past. */
const LONGEST_CHECKS_MS = 10 * 60_000;
const MAX_REFUSALS = 8;

export async function mergeHead(
  deps: EngineDeps,
  lane: StoredLane,
  entry: LaneEntry,
): Promise<Step> {
  const task = await loadTask(deps.table, { ...lane.key, task: entry.task });
  if (task === undefined) return { kind: 'left', lane };
  const plan = (await requirePlan(deps, lane.key.plan)).state;
  const forge = forgeOf(deps, plan, task.state.repo);
  if (task.state.status !== 'merging') return retreat(deps, forge, lane, task);
  const { pull: ref, accepted } = task.state;
  if (ref === undefined || accepted === undefined) return { kind: 'left', lane };
  const branch = rootBranch(deps.settings.prefix, lane.key);
  const pull = await forge.pull(task.state.repo, ref.number);
  const seen = await observePull(deps, forge, branch, task, pull);
  if (seen !== undefined) return record(deps, lane, task, seen);
  if (pull.headSha !== accepted.commit) return { kind: 'wait', lane, waitMs: 2_000 };
  if (task.state.current !== undefined || task.state.wants === 'verify')
    return { kind: 'wait', lane, waitMs: VERIFYING_MS };
  const root = await forge.branchHead(task.state.repo, branch);
  if (root === undefined)
    return record(deps, lane, task, {
      type: 'forge_refused',
      rule: `the root branch ${branch} is gone`,
    });
  const head: Head = {
    at: entry.at,
    plan,
    forge,
    task,
    root,
    rootBranch: branch,
    commit: accepted.commit,
    pull,
  };
  if (!(await proven(deps, head))) return verify(deps, lane, head);
  const found = await findObjection(head);
  if (found === undefined) return merge(deps, lane, head);
  const pending = pendingOf(deps, lane, head);
  const isStuck = deps.clock.now() - pending.since > LONGEST_CHECKS_MS;
  if (found.type === 'checks_stuck' && !isStuck)
    return {
      kind: 'wait',
      lane: { ...lane, state: { ...lane.state, pending } },
      waitMs: CHECKS_MS,
    };
  if (lane.state.phase === 'merging') await forge.markDraft(task.state.repo, pull);
  return record(deps, lane, task, found);
}

function pendingOf(deps: EngineDeps, lane: StoredLane, { commit }: Head) {
  const { pending } = lane.state;
  return pending?.commit === commit ? pending : { commit, since: deps.clock.now() };
}

/** `merging` is written before the call: whoever takes the lane over repeats that same call. */
async function merge(deps: EngineDeps, lane: StoredLane, head: Head): Promise<Step> {
  const { state } = head.task;
  if (head.pull.draft) await head.forge.markReady(state.repo, head.pull);
  const next: LaneState = {
    ...lane.state,
    task: state.task,
    at: head.at,
    phase: 'merging',
  };
  // Written even when it says so already: whoever lost the lane on the way here must not ask.
  const [held, { base }] = await Promise.all([
    saveLane(deps.table, lane, next, lane.state.leaseUntil),
    head.forge.pull(state.repo, head.pull.number),
  ]);
  if (held === undefined) return { kind: 'lost' };
  // The forge is asked to merge a commit, and not where to: a person may have had it go elsewhere since it was read.
  if (base !== head.rootBranch) return { kind: 'wait', lane: held, waitMs: 1_000 };
  const [outcome, ahead] = await Promise.all([askForge(head), readAhead(deps, head.task)]);
  if (outcome.kind === 'merged') {
    const { sha } = outcome;
    return record(deps, held, head.task, { type: 'merge_seen', sha, root: sha }, ahead);
  }
  if (outcome.kind === 'headMoved') return { kind: 'wait', lane: held, waitMs: 1_000 };
  return notMergeable(deps, held, head, outcome.message);
}

function askForge(head: Head): Promise<MergeOutcome> {
  return head.forge.mergePull(head.task.state.repo, head.pull.number, {
    sha: head.commit,
    title: `${head.pull.title} (#${head.pull.number})`,
    message: '',
    method: 'merge',
  });
}

/** "Not mergeable" may be a conflict, a rule, or not computed yet: a merge into a scratch branch is the only judge. */
async function notMergeable(
  deps: EngineDeps,
  lane: StoredLane,
  head: Head,
  message: string,
): Promise<Step> {
  if ((await tryMerge(deps, head)) === 'conflict') return conflict(deps, lane, head);
  const refusals = lane.state.refusals + 1;
  if (refusals <= MAX_REFUSALS) {
    const waitMs = Math.min(30_000, 500 * 2 ** refusals);
    return { kind: 'wait', lane: { ...lane, state: { ...lane.state, refusals } }, waitMs };
  }
  await head.forge.markDraft(head.task.state.repo, head.pull);
  return record(deps, lane, head.task, { type: 'forge_refused', rule: message });
}

/** It left the lane by itself (cancelled, blocked, sent back): an earlier merge call may still be on its way. */
async function retreat(
  deps: EngineDeps,
  forge: Forge,
  lane: StoredLane,
  task: StoredTask,
): Promise<Step> {
  const { pull: ref, repo, status } = task.state;
  const asked = lane.state.phase === 'merging' && lane.state.task === task.state.task;
  if (!asked || ref === undefined || status === 'merged') return { kind: 'left', lane };
  const pull = await forge.pull(repo, ref.number);
  if (pull.state === 'merged' && pull.base === rootBranch(deps.settings.prefix, lane.key)) {
    const sha = pull.mergeSha ?? pull.headSha;
    const step = await record(deps, lane, task, { type: 'merge_seen', sha, root: sha });
    // A state in which that changes nothing has nothing to do in the lane either.
    return step.kind === 'wait' ? { kind: 'left', lane } : step;
  }
  if (pull.state === 'open' && !pull.draft) await forge.markDraft(repo, pull);
  return { kind: 'left', lane };
}
