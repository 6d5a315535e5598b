import { AppError, isAppError } from '../../error.ts';
import type { PlanState } from '../../lifecycle/plan-state.ts';
import type { Checks, Forge, PullQuery, PullRequest } from '../../port/forge.ts';
import { type StoredTask, taskKeyOf } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task/event.ts';
import type { TaskState } from '../../task/state.ts';
import { repositoryOf, requirePlan } from '../apply-plan.ts';
import { type ApplyOptions, applyTask, hintAll } from '../apply-task.ts';
import type { EngineDeps } from '../deps.ts';
import { type Driven, MOVED, restOf } from './driven.ts';
import { goesElsewhere } from './observe.ts';
import { taskPullContent } from './pull-content.ts';
import { checksEvent } from './review-event.ts';
import { baseOf, forgeOf, headOf, refOf } from './task-forge.ts';

const CHECKS_PENDING_MS = 15_000;
const CHECKS_APPEAR_MS = 45_000;
/** A check that takes longer may never end: people are told, and it is asked for less often. */
const CHECKS_STUCK_MS = 3_600_000;
const STUCK_AGAIN_MS = 60_000;

/**
 * Takes an accepted commit to its pull request: moves the task's branch there (never by force), ensures the pull request
 * and waits for its checks.
 */
export async function promote(deps: EngineDeps, task: StoredTask): Promise<Driven> {
  const { state } = task;
  const key = taskKeyOf(state);
  if (state.accepted === undefined) return restOf(task);
  const plan = (await requirePlan(deps, key.plan)).state;
  const forge = forgeOf(deps, plan, state.repo);
  let pull: PullRequest;
  try {
    const moved = await moveTaskBranch(deps, forge, plan, task);
    if (moved !== undefined) return moved;
    pull = await ensureTaskPull(deps, forge, plan, state);
  } catch (error) {
    return refused(deps, forge, plan, task, error);
  }
  if (pull.state === 'merged') {
    const sha = pull.mergeSha ?? state.accepted.commit;
    return apply(deps, task, { type: 'merge_seen', sha, root: sha });
  }
  if (pull.state === 'closed') return apply(deps, task, { type: 'pull_closed', pull: refOf(pull) });
  return awaitChecks(deps, plan, task, pull);
}

/** Undefined: the branch carries the accepted commit. */
async function moveTaskBranch(
  deps: EngineDeps,
  forge: Forge,
  plan: PlanState,
  task: StoredTask,
): Promise<Driven | undefined> {
  const { state } = task;
  const commit = state.accepted?.commit ?? '';
  const branch = headOf(deps, state);
  const head = await forge.ensureBranch(state.repo, branch, commit);
  if (head === commit) return undefined;
  if ((await forge.moveBranch(state.repo, branch, commit)) === 'moved') return undefined;
  // A person pushed to it, perhaps since its head was read: what they pushed is taken over and verified.
  const pushed = await forge.branchHead(state.repo, branch);
  if (pushed === undefined) return { kind: 'again' };
  if (pushed === commit) return undefined;
  const root = (await forge.branchHead(state.repo, baseOf(deps, plan, state))) ?? commit;
  return apply(deps, task, { type: 'head_moved', commit: pushed, root });
}

async function ensureTaskPull(
  deps: EngineDeps,
  forge: Forge,
  plan: PlanState,
  state: TaskState,
): Promise<PullRequest> {
  const content = await taskPullContent(deps, plan, state);
  const branches = { head: headOf(deps, state), base: baseOf(deps, plan, state) };
  const wanted = { ...content, ...branches, draft: state.simple };
  const pull =
    (await knownPull(forge, state, wanted)) ?? (await forge.ensurePull(state.repo, wanted));
  if (pull.state !== 'open') return pull;
  if (pull.base !== wanted.base)
    throw new AppError('refused', 'pull_elsewhere', goesElsewhere(pull, wanted.base));
  const stale = pull.body !== content.body && state.last.event === 'result_accepted';
  if (stale) await forge.updatePull(state.repo, pull.number, content);
  return pull;
}

/**
 * The task's own pull request: by its number, or by its branch while the number may have been lost in a crash. A closed one
 * is reopened after a retry, and never doubled, be it that a person has it go elsewhere.
 */
async function knownPull(
  forge: Forge,
  state: TaskState,
  wanted: PullQuery,
): Promise<PullRequest | undefined> {
  const known = state.pull && (await forge.pull(state.repo, state.pull.number));
  // Merged elsewhere it is lost to this task, which gets another.
  const own = known?.state === 'merged' && known.base !== wanted.base ? undefined : known;
  const pull =
    own === undefined || (state.reopen === true && own.state !== 'open')
      ? await forge.findPull(state.repo, wanted)
      : own;
  if (pull === undefined || pull.base !== wanted.base) return pull;
  if (pull.state === 'merged' || state.reopen !== true) return pull;
  const isClosed = pull.state === 'closed';
  if (isClosed) await forge.reopenPull(state.repo, pull.number);
  // A call to merge it from before may still be on its way: a draft refuses that, until the lane has evidence and asks anew.
  const isUnsafe = !state.simple && !pull.draft;
  if (isUnsafe) await forge.markDraft(state.repo, pull);
  return isClosed || isUnsafe ? forge.pull(state.repo, pull.number) : pull;
}

async function refused(
  deps: EngineDeps,
  forge: Forge,
  plan: PlanState,
  task: StoredTask,
  error: unknown,
): Promise<Driven> {
  const commit = task.state.accepted?.commit ?? '';
  if (isAppError(error, 'refused', 'no_commits')) {
    const root = await forge.branchHead(task.state.repo, baseOf(deps, plan, task.state));
    const inside =
      root !== undefined && (await forge.compare(task.state.repo, root, commit)).aheadBy === 0;
    // The root branch contains the commit already: whoever brought it there, it is merged.
    if (inside && root !== undefined)
      return apply(deps, task, { type: 'merge_seen', sha: root, root });
  }
  if (!isAppError(error, 'refused')) throw error;
  const head = headOf(deps, task.state);
  const base = baseOf(deps, plan, task.state);
  const advice = isAppError(error, 'refused', 'cannot_reopen')
    ? `; open one from ${head} to ${base} by hand, then retry the task`
    : '';
  return apply(deps, task, { type: 'forge_refused', rule: `${error.message}${advice}` });
}

async function awaitChecks(
  deps: EngineDeps,
  plan: PlanState,
  task: StoredTask,
  pull: PullRequest,
): Promise<Driven> {
  const forge = forgeOf(deps, plan, task.state.repo);
  const ref = refOf(pull);
  const checks = await forge.checks(task.state.repo, task.state.accepted?.commit ?? pull.headSha);
  const red = checksEvent(checks);
  const isKnown = task.state.pull?.number === ref.number;
  if (red !== undefined && isKnown) return apply(deps, task, red);
  if (red !== undefined) {
    // First it is known by its number: should a person have it go elsewhere, it is no longer found by its branches.
    await apply(deps, task, { type: 'pull_ensured', pull: ref }, { hint: false });
    return { kind: 'again' };
  }
  if (
    checks.state === 'pending' ||
    (checks.state === 'none' && mayStillCome(deps, plan, task.state))
  ) {
    const waitMs = task.state.stuckChecks === undefined ? CHECKS_PENDING_MS : STUCK_AGAIN_MS;
    const again = deps.clock.now() + waitMs;
    const message = { type: 'drive_task', v: 1, ...taskKeyOf(task.state), dueAt: again } as const;
    await hintAll(deps, [message], waitMs / 1_000);
    if (areStuck(deps, task.state, checks)) {
      const event = { type: 'checks_stuck', checks: checks.pending } as const;
      return apply(deps, task, event, { hint: false, dueAt: () => again });
    }
    if (isKnown && task.state.reopen !== true) return { kind: 'rest', dueAt: again };
    const options = { hint: false, dueAt: () => again };
    return apply(deps, task, { type: 'pull_ensured', pull: ref }, options);
  }
  const applied = await applyTask(
    deps,
    taskKeyOf(task.state),
    { type: 'pull_green', pull: ref, unread: checks.unread },
    { actor: 'forge', loaded: task, hint: false, observed: true },
  );
  if (applied.kind === 'changed') return { kind: 'again', task: applied.task };
  if (applied.kind === 'raced') return { kind: 'again' };
  return applied.kind === 'noop' ? unproven(deps, task) : MOVED;
}

/** Said once. */
function areStuck(deps: EngineDeps, state: TaskState, checks: Checks): boolean {
  if (checks.state !== 'pending' || state.stuckChecks !== undefined) return false;
  return deps.clock.now() - state.last.at > CHECKS_STUCK_MS;
}

/** CI registers its checks some seconds after the commit: until then none is not yet green. */
function mayStillCome(deps: EngineDeps, plan: PlanState, state: TaskState): boolean {
  if (repositoryOf(plan, state.repo).expectsChecks !== true) return false;
  return deps.clock.now() - state.last.at < CHECKS_APPEAR_MS;
}

/** Green by its checks but without evidence of ours: an adopted or retried commit is verified first. */
async function unproven(deps: EngineDeps, task: StoredTask): Promise<Driven> {
  const applied = await applyTask(
    deps,
    taskKeyOf(task.state),
    { type: 'verify_missing' },
    { actor: 'engine', loaded: task },
  );
  return applied.kind === 'changed' ? MOVED : restOf(task);
}

/** What was seen of a state that is gone says nothing; what the new one owes is done at once, since it may not know of our acts. */
async function apply(
  deps: EngineDeps,
  task: StoredTask,
  event: TaskEvent,
  options: Partial<ApplyOptions> = {},
): Promise<Driven> {
  const key = taskKeyOf(task.state);
  const over = { actor: 'forge', loaded: task, observed: true, ...options };
  const applied = await applyTask(deps, key, event, over);
  return applied.kind === 'raced' ? { kind: 'again' } : MOVED;
}
