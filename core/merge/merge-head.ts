import type { AttemptResult } from '../contract/attempt.ts';
import { repositoryOf, requirePlan } from '../engine/apply-plan.ts';
import { applyTask } from '../engine/apply-task.ts';
import type { EngineDeps } from '../engine/deps.ts';
import { type Dependents, readDependents } from '../engine/task/fan-out.ts';
import { observePull } from '../engine/task/observe.ts';
import { checksEvent, reviewEvent } from '../engine/task/review-event.ts';
import { forgeOf } from '../engine/task/task-forge.ts';
import { rootBranch, scratchBranch } from '../lifecycle/branch.ts';
import type { PlanState } from '../lifecycle/plan-state.ts';
import type { Forge, MergeOutcome, PullRequest } from '../port/forge.ts';
import { type LaneEntry, type LaneState, type StoredLane, saveLane } from '../store/lane-store.ts';
import { loadResult } from '../store/task-detail.ts';
import { loadTask, type StoredTask, taskKeyOf } from '../store/task-store.ts';
import type { TaskEvent } from '../task/event.ts';
import { evidenceHolds } from './evidence.ts';

// One step for whoever is at the head of a lane. The forge is read first: what it shows is recorded, not repeated.

export type Step =
  /** It is out of the lane: merged, or its own state says what comes next. */
  | { kind: 'left'; lane: StoredLane; merged?: StoredTask; dependents?: Dependents }
  | { kind: 'wait'; lane: StoredLane; waitMs: number }
  /** Another worker has the lane. */
  | { kind: 'lost' };

type Head = {
  /** Its place in the lane. */
  at: number;
  plan: PlanState;
  forge: Forge;
  task: StoredTask;
  root: string;
  rootBranch: string;
  commit: string;
  pull: PullRequest;
};

/** While its own event does not wake the lane, it looks by itself. */
const VERIFYING_MS = 60_000;
const CHECKS_MS = 15_000;
/** Of one whose checks take longer others are let past. */
const LONGEST_CHECKS_MS = 10 * 60_000;
const MAX_REFUSALS = 8;
/** As many paths as a result may list. */
const MAX_LISTED = 3_000;

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

/** New evidence is made while the lane waits: nothing else can move its root meanwhile. */
async function verify(deps: EngineDeps, lane: StoredLane, head: Head): Promise<Step> {
  const { state } = head.task;
  // An earlier call may still be on its way, on evidence that holds no longer: a draft refuses it.
  if (lane.state.phase === 'merging') await head.forge.markDraft(state.repo, head.pull);
  // A commit that cannot even be merged needs no verification to be sent back.
  if (head.root !== state.proof?.root && (await tryMerge(deps, head)) === 'conflict')
    return conflict(deps, lane, head);
  await applyTask(
    deps,
    taskKeyOf(state),
    { type: 'verify_wanted', root: head.root },
    { actor: 'lane', loaded: head.task, observed: true },
  );
  const checking: StoredLane = { ...lane, state: { ...lane.state, phase: 'checking' } };
  return { kind: 'wait', lane: checking, waitMs: VERIFYING_MS };
}

/** What a person or a check has said since it joined the lane, or has yet to say. */
async function findObjection(head: Head): Promise<TaskEvent | undefined> {
  const { state } = head.task;
  const checks = await head.forge.checks(state.repo, head.commit);
  if (checks.state === 'pending') return { type: 'checks_stuck', checks: checks.pending };
  const red = checksEvent(checks);
  if (red !== undefined) return red;
  const { reviews, comments } = await head.forge.reviews(state.repo, head.pull.number);
  const event = reviewEvent(reviews, comments, state.reviewSeen ?? 0, head.commit);
  return event?.type === 'changes_requested' ? event : undefined;
}

async function proven(deps: EngineDeps, head: Head): Promise<boolean> {
  const { proof, accepted } = head.task.state;
  if (proof === undefined || !proof.green || proof.commit !== head.commit) return false;
  if (proof.root === head.root || proof.empty) return true;
  const repository = repositoryOf(head.plan, head.task.state.repo);
  if (repository.strictMerge) return false;
  const [gained, result] = await Promise.all([
    head.forge.compare(head.task.state.repo, proof.root, head.root),
    loadResult(deps.table, {
      ...taskKeyOf(head.task.state),
      n: proof.attempt ?? accepted?.attempt ?? 0,
    }),
  ]);
  // 300 files are all that a forge shows: more may hide behind them.
  if (gained.files.length >= 300 || result?.outcome !== 'done') return false;
  if (result.changed.length >= MAX_LISTED || result.changedTruncated === true) return false;
  return evidenceHolds({
    evidenceRoot: proof.root,
    root: head.root,
    strict: false,
    gained: gained.files.map((file) => file.path),
    changed: result.changed,
    shared: repository.shared,
  });
}

/** `merging` is written before the call: whoever takes the lane over repeats that same call. */
async function merge(deps: EngineDeps, lane: StoredLane, head: Head): Promise<Step> {
  const { state } = head.task;
  if (head.pull.draft) await head.forge.markReady(state.repo, head.pull);
  const next: LaneState = {
    ...lane.state,
    task: state.task,
    at: head.at,
    commit: head.commit,
    phase: 'merging',
  };
  // Written even when it says so already: whoever lost the lane on the way here must not ask.
  const held = await saveLane(deps.table, lane, next, lane.state.leaseUntil);
  if (held === undefined) return { kind: 'lost' };
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

/** Read while the forge merges, so that nothing but writes lies between its answer and the next pod. */
type Ahead = { dependents?: Dependents; result?: AttemptResult };

async function readAhead(deps: EngineDeps, task: StoredTask): Promise<Ahead> {
  try {
    const [dependents, result] = await Promise.all([
      readDependents(deps, task),
      resultOf(deps, task),
    ]);
    return { dependents, result };
  } catch {
    // The merge is what counts: what could not be read now is read when it is needed.
    return {};
  }
}

function resultOf(deps: EngineDeps, { state }: StoredTask): Promise<AttemptResult | undefined> {
  return loadResult(deps.table, { ...taskKeyOf(state), n: state.accepted?.attempt ?? 0 });
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

function tryMerge(deps: EngineDeps, head: Head): Promise<'clean' | 'conflict'> {
  return head.forge.tryMerge(
    head.task.state.repo,
    head.root,
    head.commit,
    scratchBranch(deps.settings.prefix, head.task.state),
  );
}

async function conflict(deps: EngineDeps, lane: StoredLane, head: Head): Promise<Step> {
  const { state } = head.task;
  // An earlier call may still be on its way: a draft refuses it.
  if (lane.state.phase === 'merging') await head.forge.markDraft(state.repo, head.pull);
  const [gained, result] = await Promise.all([
    head.forge.compare(state.repo, state.proof?.root ?? head.commit, head.root),
    resultOf(deps, head.task),
  ]);
  const changed = new Set(result?.outcome === 'done' ? result.changed : []);
  const files = gained.files.map((file) => file.path).filter((path) => changed.has(path));
  const tasks = (lane.state.recent ?? [])
    .filter((one) => one.files.some((file) => files.includes(file)))
    .map((one) => one.task);
  const whom = tasks.length > 0 ? ` with what ${tasks.join(', ')} changed` : '';
  const detail = `It conflicts${whom} in the root branch${files.length > 0 ? `: ${files.slice(0, 20).join(', ')}` : ''}.`;
  return record(deps, lane, head.task, {
    type: 'changes_requested',
    repair: { reason: 'conflict', detail, files, tasks },
  });
}

/** Writes what happened and does at once what the new state owes: releasing dependents waits for no message. */
async function record(
  deps: EngineDeps,
  lane: StoredLane,
  task: StoredTask,
  event: TaskEvent,
  ahead: Ahead = {},
): Promise<Step> {
  const key = taskKeyOf(task.state);
  // A merge is a fact whatever the task has become; the rest was seen of this state only.
  const observed = event.type !== 'merge_seen';
  // After a merge its dependents are released at once, and who watches is told then.
  const said = { hint: observed, quiet: !observed };
  const [applied, result] = await Promise.all([
    applyTask(deps, key, event, { actor: 'lane', loaded: task, observed, ...said }),
    observed ? undefined : (ahead.result ?? resultOf(deps, task)),
  ]);
  const isMerged = 'task' in applied && applied.task.state.status === 'merged';
  if (applied.kind !== 'changed' && !isMerged) return { kind: 'wait', lane, waitMs: 1_000 };
  if (event.type !== 'merge_seen') return { kind: 'left', lane };
  const files = result?.outcome === 'done' ? result.changed.slice(0, 50) : [];
  const recent = [...(lane.state.recent ?? []), { task: key.task, files }].slice(-12);
  return {
    kind: 'left',
    lane: { ...lane, state: { ...lane.state, recent } },
    merged: 'task' in applied ? applied.task : undefined,
    dependents: ahead.dependents,
  };
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
  if (pull.state === 'merged') {
    const sha = pull.mergeSha ?? pull.headSha;
    const step = await record(deps, lane, task, { type: 'merge_seen', sha, root: sha });
    // A state in which that changes nothing has nothing to do in the lane either.
    return step.kind === 'wait' ? { kind: 'left', lane } : step;
  }
  if (pull.state === 'open' && !pull.draft) await forge.markDraft(repo, pull);
  return { kind: 'left', lane };
}
