import { AppError, isAppError } from '../../base/app-error.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import type { Checks, Forge, PullQuery, PullRequest } from '../../port/forge.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { toTaskKey } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { enqueueWakeUps } from '../announce/enqueue-wake-ups.ts';
import { requirePlan, requirePlanRepository } from '../apply/apply-plan.ts';
import type { ApplyOptions } from '../apply/apply-task.ts';
import { applyTask } from '../apply/apply-task.ts';
import type { ReconcileResult } from '../apply/reconcile-result.ts';
import { requeueWhenDue, TRANSITIONED } from '../apply/reconcile-result.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { buildTaskPullContent } from '../pull/pull-content.ts';
import {
  buildChecksEvent,
  describeChangedBase,
  resolveBaseBranch,
  resolveForge,
  resolveTaskBranch,
  toPullRef,
} from '../pull/task-pull.ts';

const CHECKS_POLL_MS = 15_000;
const CHECKS_REGISTRATION_MS = 45_000;
/** A check that takes longer may never end: people are told, and it is asked for less often. */
const CHECKS_STUCK_MS = 3_600_000;
const STUCK_CHECKS_POLL_MS = 60_000;

/**
 * Takes an accepted commit to its pull request: moves the task's branch there (never by force), ensures the pull request
 * and waits for its checks.
 */
export async function promoteTask(deps: EngineDeps, task: StoredTask): Promise<ReconcileResult> {
  const { state } = task;
  const key = toTaskKey(state);
  if (state.accepted === undefined) return requeueWhenDue(task);
  const plan = (await requirePlan(deps, key.plan)).state;
  const forge = resolveForge(deps, plan, state.repo);
  let pull: PullRequest;
  try {
    const moved = await moveTaskBranch(deps, forge, plan, task);
    if (moved !== undefined) return moved;
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

/** Undefined: the branch carries the accepted commit. */
async function moveTaskBranch(
  deps: EngineDeps,
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
  // A person pushed to it, perhaps since its head was read: what they pushed is taken over and verified.
  const pushed = await forge.readBranchHead(state.repo, branch);
  if (pushed === undefined) return { kind: 'again' };
  if (pushed === commit) return undefined;
  const root =
    (await forge.readBranchHead(state.repo, resolveBaseBranch(deps, plan, state))) ?? commit;
  return applyObservedEvent(deps, task, { type: 'head_moved', commit: pushed, root });
}

async function ensureTaskPull(
  deps: EngineDeps,
  forge: Forge,
  plan: PlanState,
  state: TaskState,
): Promise<PullRequest> {
  const content = await buildTaskPullContent(deps, plan, state);
  const branches = {
    head: resolveTaskBranch(deps, state),
    base: resolveBaseBranch(deps, plan, state),
  };
  const wanted = { ...content, ...branches, draft: state.simple };
  const pull =
    (await findTaskPull(forge, state, wanted)) ?? (await forge.ensurePull(state.repo, wanted));
  if (pull.state !== 'open') return pull;
  if (pull.base !== wanted.base)
    throw new AppError('refused', 'pull_elsewhere', describeChangedBase(pull, wanted.base));
  const stale = pull.body !== content.body && state.last.event === 'result_accepted';
  if (stale) await forge.updatePull(state.repo, pull.number, content);
  return pull;
}

/**
 * The task's own pull request: by its number, or by its branch while the number may have been lost in a crash. A closed one
 * is reopened after a retry, and never doubled, be it that a person has it go elsewhere.
 */
async function findTaskPull(
  forge: Forge,
  state: TaskState,
  wanted: PullQuery,
): Promise<PullRequest | undefined> {
  const known = state.pull && (await forge.readPull(state.repo, state.pull.number));
  // Merged elsewhere it is lost to this task, which gets another.
  const own = known?.state === 'merged' && known.base !== wanted.base ? undefined : known;
  const pull =
    own === undefined || (state.mustReopenPull === true && own.state !== 'open')
      ? await forge.findPull(state.repo, wanted)
      : own;
  if (pull === undefined || pull.base !== wanted.base) return pull;
  if (pull.state === 'merged' || state.mustReopenPull !== true) return pull;
  const isClosed = pull.state === 'closed';
  if (isClosed) await forge.reopenPull(state.repo, pull.number);
  // A call to merge it from before may still be on its way: a draft refuses that, until the lane has evidence and asks anew.
  const isUnsafe = !state.simple && !pull.draft;
  if (isUnsafe) await forge.markDraft(state.repo, pull);
  return isClosed || isUnsafe ? forge.readPull(state.repo, pull.number) : pull;
}

async function handleForgeRefusal(
  deps: EngineDeps,
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
    const inside =
      root !== undefined &&
      (await forge.compareCommits(task.state.repo, root, commit)).aheadBy === 0;
    // The root branch contains the commit already: whoever brought it there, it is merged.
    if (inside && root !== undefined)
      return applyObservedEvent(deps, task, { type: 'merge_seen', sha: root, root });
  }
  if (!isAppError(error, 'refused')) throw error;
  const head = resolveTaskBranch(deps, task.state);
  const base = resolveBaseBranch(deps, plan, task.state);
  const advice = isAppError(error, 'refused', 'cannot_reopen')
    ? `; open one from ${head} to ${base} by hand, then retry the task`
    : '';
  return applyObservedEvent(deps, task, {
    type: 'forge_refused',
    rule: `${error.message}${advice}`,
  });
}

async function awaitChecks(
  deps: EngineDeps,
  plan: PlanState,
  task: StoredTask,
  pull: PullRequest,
): Promise<ReconcileResult> {
  const forge = resolveForge(deps, plan, task.state.repo);
  const ref = toPullRef(pull);
  const checks = await forge.readChecks(
    task.state.repo,
    task.state.accepted?.commit ?? pull.headSha,
  );
  const red = buildChecksEvent(checks);
  const isKnown = task.state.pull?.number === ref.number;
  if (red !== undefined && isKnown) return applyObservedEvent(deps, task, red);
  if (red !== undefined) {
    // First it is known by its number: should a person have it go elsewhere, it is no longer found by its branches.
    await applyObservedEvent(
      deps,
      task,
      { type: 'pull_ensured', pull: ref },
      { announce: 'clients' },
    );
    return { kind: 'again' };
  }
  if (
    checks.state === 'pending' ||
    (checks.state === 'none' && canChecksStillAppear(deps, plan, task.state))
  ) {
    const waitMs = task.state.stuckChecks === undefined ? CHECKS_POLL_MS : STUCK_CHECKS_POLL_MS;
    const again = deps.clock.now() + waitMs;
    const message = {
      type: 'reconcile_task',
      v: 1,
      ...toTaskKey(task.state),
      dueAt: again,
    } as const;
    await enqueueWakeUps(deps, [message], waitMs / 1_000);
    if (areChecksStuck(deps, task.state, checks)) {
      const event = { type: 'checks_stuck', checks: checks.pending } as const;
      return applyObservedEvent(deps, task, event, { announce: 'clients', dueAt: () => again });
    }
    if (isKnown && task.state.mustReopenPull !== true) return { kind: 'rest', requeueAt: again };
    const options = { announce: 'clients' as const, dueAt: () => again };
    return applyObservedEvent(deps, task, { type: 'pull_ensured', pull: ref }, options);
  }
  const applied = await applyTask(
    deps,
    toTaskKey(task.state),
    { type: 'pull_green', pull: ref, checksUnreadable: checks.unread },
    { actor: 'forge', loaded: task, announce: 'clients', observed: true },
  );
  if (applied.kind === 'changed') return { kind: 'again', task: applied.task };
  if (applied.kind === 'raced') return { kind: 'again' };
  return applied.kind === 'noop' ? requestMissingVerification(deps, task) : TRANSITIONED;
}

/** Said once. */
function areChecksStuck(deps: EngineDeps, state: TaskState, checks: Checks): boolean {
  if (checks.state !== 'pending' || state.stuckChecks !== undefined) return false;
  return deps.clock.now() - state.last.at > CHECKS_STUCK_MS;
}

/** CI registers its checks some seconds after the commit: until then none is not yet green. */
function canChecksStillAppear(deps: EngineDeps, plan: PlanState, state: TaskState): boolean {
  if (requirePlanRepository(plan, state.repo).expectsChecks !== true) return false;
  return deps.clock.now() - state.last.at < CHECKS_REGISTRATION_MS;
}

/** Green by its checks but without evidence of ours: an adopted or retried commit is verified first. */
async function requestMissingVerification(
  deps: EngineDeps,
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

/** What was seen of a state that is gone says nothing; what the new one owes is done at once, since it may not know of our acts. */
async function applyObservedEvent(
  deps: EngineDeps,
  task: StoredTask,
  event: TaskEvent,
  options: Partial<ApplyOptions> = {},
): Promise<ReconcileResult> {
  const key = toTaskKey(task.state);
  const over = { actor: 'forge', loaded: task, observed: true, ...options };
  const applied = await applyTask(deps, key, event, over);
  return applied.kind === 'raced' ? { kind: 'again' } : TRANSITIONED;
}
