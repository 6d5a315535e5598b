import { AppError, isAppError } from '../../base/app-error.ts';
import { buildTaskWakeUp } from '../../contract/queue-message.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import { requirePlanRepository } from '../../plan-state/plan-state.ts';
import type { Checks, Forge, PullQuery, PullRequest } from '../../port/forge.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { toTaskKey } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { enqueueWakeUps } from '../announce-changes.ts';
import type { ApplyOptions } from '../apply/apply-transition.ts';
import { applyTask, requirePlan } from '../apply/apply-transition.ts';
import type { EngineDeps, ForgeDeps, TaskWriteDeps } from '../engine-deps.ts';
import {
  buildChecksEvent,
  buildTaskPullContent,
  describeChangedBase,
  resolveBaseBranch,
  resolveForge,
  resolveTaskBranch,
  toPullRef,
} from '../pull/task-pull.ts';
import type { ReconcileResult } from './reconcile-result.ts';
import { requeueWhenDue, TRANSITIONED } from './reconcile-result.ts';

const CHECKS_POLL_MS = 15_000;
/** Time after a push in which CI may still register its checks, milliseconds. */
const CHECKS_REGISTRATION_MS = 45_000;
/** Time after which pending checks count as stuck: people are notified and the polls become rarer. Milliseconds. */
const CHECKS_STUCK_MS = 3_600_000;
const STUCK_CHECKS_POLL_MS = 60_000;

/** Moves the task branch to the accepted commit (never by force), ensures the pull request and waits for its checks. */
export async function preparePull(deps: ForgeDeps, task: StoredTask): Promise<ReconcileResult> {
  const { state } = task;
  const key = toTaskKey(state);
  if (state.accepted === undefined) return requeueWhenDue(task);
  const plan = (await requirePlan(deps, key.plan)).state;
  const forge = resolveForge(deps, plan, state.repo);
  let pull: PullRequest;
  try {
    const failedMove = await moveTaskBranch(deps, forge, plan, task);
    if (failedMove !== undefined) return failedMove;
    pull = await ensureTaskPull(deps, forge, plan, state);
  } catch (error) {
    return handleForgeRefusal(deps, forge, plan, task, error);
  }
  if (pull.state === 'merged') {
    const sha = pull.mergeSha ?? state.accepted.commit;
    return applyObservedEvent(deps, task, { type: 'merge_seen', sha, root: sha });
  }
  if (pull.state === 'closed')
    return applyObservedEvent(deps, task, { type: 'pull_closed', pull: toPullRef(pull) });
  return awaitChecks(deps, plan, task, pull);
}

/** Moves the task branch; returns undefined once the branch points at the accepted commit. */
async function moveTaskBranch(
  deps: TaskWriteDeps,
  forge: Forge,
  plan: PlanState,
  task: StoredTask,
): Promise<ReconcileResult | undefined> {
  const { state } = task;
  const commit = state.accepted?.commit ?? '';
  const branch = resolveTaskBranch(deps, state);
  const head = await forge.ensureBranch(state.repo, branch, commit);
  if (head === commit) return undefined;
  if ((await forge.moveBranch(state.repo, branch, commit)) === 'moved') return undefined;
  // A person pushed to the branch: the pushed commit is adopted and verified.
  const pushed = await forge.readBranchHead(state.repo, branch);
  if (pushed === undefined) return { kind: 'reconcileAgain' };
  if (pushed === commit) return undefined;
  const root =
    (await forge.readBranchHead(state.repo, resolveBaseBranch(deps, plan, state))) ?? commit;
  return applyObservedEvent(deps, task, { type: 'head_moved', commit: pushed, root });
}

async function ensureTaskPull(
  deps: Pick<EngineDeps, 'table' | 'settings'>,
  forge: Forge,
  plan: PlanState,
  state: TaskState,
): Promise<PullRequest> {
  const content = await buildTaskPullContent(deps, plan, state);
  const branches = {
    head: resolveTaskBranch(deps, state),
    base: resolveBaseBranch(deps, plan, state),
  };
  const pullSpec = { ...content, ...branches, draft: state.simple };
  const pull =
    (await findTaskPull(forge, state, pullSpec)) ?? (await forge.ensurePull(state.repo, pullSpec));
  if (pull.state !== 'open') return pull;
  if (pull.base !== pullSpec.base)
    throw new AppError('refused', 'pull_elsewhere', describeChangedBase(pull, pullSpec.base));
  const isTextOutdated = pull.body !== content.body && state.last.event === 'result_accepted';
  if (isTextOutdated) await forge.updatePull(state.repo, pull.number, content);
  return pull;
}

/**
 * Finds the task's pull request by number, or by branch if a crash lost the number, and reopens a closed pull request after a retry.
 * Also finds a pull request with a changed base branch, so that no second pull request is opened.
 */
async function findTaskPull(
  forge: Forge,
  state: TaskState,
  pullSpec: PullQuery,
): Promise<PullRequest | undefined> {
  const storedPull = state.pull && (await forge.readPull(state.repo, state.pull.number));
  // A pull request that was merged into another branch cannot complete this task, so the task gets a new pull request.
  const usablePull =
    storedPull?.state === 'merged' && storedPull.base !== pullSpec.base ? undefined : storedPull;
  const pull =
    usablePull === undefined || (state.mustReopenPull === true && usablePull.state !== 'open')
      ? await forge.findPull(state.repo, pullSpec)
      : usablePull;
  if (pull === undefined || pull.base !== pullSpec.base) return pull;
  if (pull.state === 'merged' || state.mustReopenPull !== true) return pull;
  const isClosed = pull.state === 'closed';
  if (isClosed) await forge.reopenPull(state.repo, pull.number);
  // The forge may still process an earlier merge call, but refuses to merge a draft. The merge queue then decides again.
  const mustBecomeDraft = !state.simple && !pull.draft;
  if (mustBecomeDraft) await forge.markDraft(state.repo, pull);
  return isClosed || mustBecomeDraft ? forge.readPull(state.repo, pull.number) : pull;
}

async function handleForgeRefusal(
  deps: TaskWriteDeps,
  forge: Forge,
  plan: PlanState,
  task: StoredTask,
  error: unknown,
): Promise<ReconcileResult> {
  const commit = task.state.accepted?.commit ?? '';
  if (isAppError(error, 'refused', 'no_commits')) {
    const root = await forge.readBranchHead(
      task.state.repo,
      resolveBaseBranch(deps, plan, task.state),
    );
    const isContained =
      root !== undefined &&
      (await forge.compareCommits(task.state.repo, root, commit)).aheadBy === 0;
    // If the root branch contains the commit, the commit was merged, even if a person merged it.
    if (isContained && root !== undefined)
      return applyObservedEvent(deps, task, { type: 'merge_seen', sha: root, root });
  }
  if (!isAppError(error, 'refused')) throw error;
  const head = resolveTaskBranch(deps, task.state);
  const base = resolveBaseBranch(deps, plan, task.state);
  const advice = isAppError(error, 'refused', 'cannot_reopen')
    ? `; open a pull request from ${head} to ${base} by hand, then retry the task`
    : '';
  return applyObservedEvent(deps, task, {
    type: 'forge_refused',
    reason: `${error.message}${advice}`,
  });
}

async function awaitChecks(
  deps: ForgeDeps,
  plan: PlanState,
  task: StoredTask,
  pull: PullRequest,
): Promise<ReconcileResult> {
  const { state } = task;
  const forge = resolveForge(deps, plan, state.repo);
  const checks = await forge.readChecks(state.repo, state.accepted?.commit ?? pull.headSha);
  const redChecks = buildChecksEvent(checks);
  if (redChecks !== undefined) return reportRedChecks(deps, task, pull, redChecks);
  const arePending =
    checks.state === 'pending' ||
    (checks.state === 'none' && canChecksStillAppear(deps, plan, state));
  if (arePending) return pollChecks(deps, task, pull, checks);
  const applied = await applyTask(
    deps,
    toTaskKey(state),
    { type: 'pull_green', pull: toPullRef(pull), checksUnreadable: checks.hasUnreadableChecks },
    { actor: 'forge', loaded: task, announce: 'clients', onlyIfUnchanged: true },
  );
  if (applied.kind === 'changed') return { kind: 'reconcileAgain', task: applied.task };
  if (applied.kind === 'raced') return { kind: 'reconcileAgain' };
  return applied.kind === 'noop' ? requestMissingVerification(deps, task) : TRANSITIONED;
}

async function reportRedChecks(
  deps: TaskWriteDeps,
  task: StoredTask,
  pull: PullRequest,
  redChecks: TaskEvent,
): Promise<ReconcileResult> {
  if (task.state.pull?.number === pull.number) return applyObservedEvent(deps, task, redChecks);
  // The number is stored first: if a person changes the base branch, a search by branch no longer finds the pull request.
  const event = { type: 'pull_ensured', pull: toPullRef(pull) } as const;
  await applyObservedEvent(deps, task, event, { announce: 'clients' });
  return { kind: 'reconcileAgain' };
}

async function pollChecks(
  deps: TaskWriteDeps,
  task: StoredTask,
  pull: PullRequest,
  checks: Checks,
): Promise<ReconcileResult> {
  const { state } = task;
  const waitMs = state.stuckChecks === undefined ? CHECKS_POLL_MS : STUCK_CHECKS_POLL_MS;
  const requeueAt = deps.clock.now() + waitMs;
  await enqueueWakeUps(deps, [buildTaskWakeUp(state, requeueAt)], waitMs / 1_000);
  const options = { announce: 'clients', dueAt: () => requeueAt } as const;
  if (haveChecksBecomeStuck(deps, state, checks))
    return applyObservedEvent(
      deps,
      task,
      { type: 'checks_stuck', checks: checks.pending },
      options,
    );
  if (state.pull?.number === pull.number && state.mustReopenPull !== true)
    return { kind: 'idle', requeueAt };
  const event = { type: 'pull_ensured', pull: toPullRef(pull) } as const;
  return applyObservedEvent(deps, task, event, options);
}

/** Returns true if the checks have been pending for too long and the task has not recorded that its checks are stuck. */
function haveChecksBecomeStuck(
  deps: Pick<EngineDeps, 'clock'>,
  state: TaskState,
  checks: Checks,
): boolean {
  if (checks.state !== 'pending' || state.stuckChecks !== undefined) return false;
  return deps.clock.now() - state.last.at > CHECKS_STUCK_MS;
}

/** Returns true if CI may still register checks. Registration takes some seconds after a commit. */
function canChecksStillAppear(
  deps: Pick<EngineDeps, 'clock'>,
  plan: PlanState,
  state: TaskState,
): boolean {
  if (requirePlanRepository(plan, state.repo).expectsChecks !== true) return false;
  return deps.clock.now() - state.last.at < CHECKS_REGISTRATION_MS;
}

/** Requests a verification of a commit with green checks but without evidence: an adopted or retried commit. */
async function requestMissingVerification(
  deps: TaskWriteDeps,
  task: StoredTask,
): Promise<ReconcileResult> {
  const applied = await applyTask(
    deps,
    toTaskKey(task.state),
    { type: 'verify_missing' },
    { actor: 'engine', loaded: task },
  );
  return applied.kind === 'changed' ? TRANSITIONED : requeueWhenDue(task);
}

/** Applies an event that was observed in exactly this state. If the state has changed meanwhile, requests another reconcile. */
async function applyObservedEvent(
  deps: TaskWriteDeps,
  task: StoredTask,
  event: TaskEvent,
  options: Partial<ApplyOptions> = {},
): Promise<ReconcileResult> {
  const applied = await applyTask(deps, toTaskKey(task.state), event, {
    actor: 'forge',
    loaded: task,
    onlyIfUnchanged: true,
    ...options,
  });
  return applied.kind === 'raced' ? { kind: 'reconcileAgain' } : TRANSITIONED;
}
