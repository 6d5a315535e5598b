import { isAppError } from '../error.ts';
import { rootBranch, taskBranch } from '../lifecycle/branch.ts';
import type { PlanState } from '../lifecycle/plan-state.ts';
import type { Forge, PullRequest } from '../port/forge.ts';
import { type StoredTask, taskKeyOf } from '../store/task-store.ts';
import type { TaskState } from '../task/state.ts';
import { repositoryOf, requirePlan } from './apply-plan.ts';
import { applyTask, hintAll } from './apply-task.ts';
import type { EngineDeps } from './deps.ts';
import { type Driven, driveLoaded, MOVED, restOf } from './drive-task.ts';
import { taskPullContent } from './pull-content.ts';

const CHECKS_PENDING_MS = 15_000;

export function forgeOf(deps: EngineDeps, plan: PlanState, repo: string): Forge {
  return deps.forges[repositoryOf(plan, repo).forge];
}

/** The branch that a task's pull request goes to. */
export function baseOf(deps: EngineDeps, plan: PlanState, task: TaskState): string {
  return task.simple ? repositoryOf(plan, task.repo).base : rootBranch(deps.settings.prefix, task);
}

export function headOf(deps: EngineDeps, task: TaskState): string {
  const end = task.kind === 'end' ? { attempt: task.accepted?.attempt ?? 0 } : undefined;
  return taskBranch(deps.settings.prefix, task, end);
}

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
  const moved = await moveTaskBranch(deps, forge, plan, task);
  if (moved !== undefined) return moved;
  let pull: PullRequest;
  try {
    pull = await ensureTaskPull(deps, forge, plan, state);
  } catch (error) {
    return refused(deps, forge, plan, task, error);
  }
  if (pull.state === 'merged') {
    const sha = pull.mergeSha ?? state.accepted.commit;
    await apply(deps, task, { type: 'merge_seen', sha, root: sha });
    return MOVED;
  }
  if (pull.state === 'closed') {
    await apply(deps, task, { type: 'pull_closed' });
    return MOVED;
  }
  return awaitChecks(deps, forge, task, pull);
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
  // A person pushed to it: what they pushed is taken over and verified.
  const root = (await forge.branchHead(state.repo, baseOf(deps, plan, state))) ?? commit;
  await apply(deps, task, { type: 'head_moved', commit: head, root });
  return MOVED;
}

async function ensureTaskPull(
  deps: EngineDeps,
  forge: Forge,
  plan: PlanState,
  state: TaskState,
): Promise<PullRequest> {
  const content = await taskPullContent(deps, plan, state);
  const known = await knownPull(forge, state);
  if (known !== undefined && known.state !== 'open') return known;
  const pull =
    known ??
    (await forge.ensurePull(state.repo, {
      head: headOf(deps, state),
      base: baseOf(deps, plan, state),
      draft: state.simple,
      ...content,
    }));
  const stale =
    pull.state === 'open' && pull.body !== content.body && state.last.event === 'result_accepted';
  if (stale) await forge.updatePull(state.repo, pull.number, content);
  return pull;
}

/** The task's own pull request is read by its number: a closed one is reopened after a retry, and never doubled. */
async function knownPull(forge: Forge, state: TaskState): Promise<PullRequest | undefined> {
  if (state.pull === undefined) return undefined;
  const pull = await forge.pull(state.repo, state.pull.number);
  if (pull.state !== 'closed' || state.reopen !== true) return pull;
  await forge.reopenPull(state.repo, pull.number);
  return forge.pull(state.repo, pull.number);
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
    if (inside && root !== undefined) {
      await apply(deps, task, { type: 'merge_seen', sha: root, root });
      return MOVED;
    }
  }
  if (!isAppError(error, 'refused')) throw error;
  await apply(deps, task, { type: 'forge_refused', rule: error.message });
  return MOVED;
}

async function awaitChecks(
  deps: EngineDeps,
  forge: Forge,
  task: StoredTask,
  pull: PullRequest,
): Promise<Driven> {
  const ref = { number: pull.number, nodeId: pull.nodeId, url: pull.url };
  const checks = await forge.checks(task.state.repo, task.state.accepted?.commit ?? pull.headSha);
  if (checks.state === 'red') {
    const failing = checks.failing.map((check) => `${check.name}: ${check.summary}`).join('\n');
    await apply(deps, task, {
      type: 'changes_requested',
      repair: { reason: 'check_red', detail: `Checks failed:\n${failing}`, files: [], tasks: [] },
    });
    return MOVED;
  }
  if (checks.state === 'pending') {
    const again = deps.clock.now() + CHECKS_PENDING_MS;
    if (task.state.pull?.number !== ref.number) {
      await applyTask(
        deps,
        taskKeyOf(task.state),
        { type: 'pull_ensured', pull: ref },
        { actor: 'forge', loaded: task, hint: false, dueAt: () => again },
      );
    }
    await hintAll(
      deps,
      [{ type: 'drive_task', v: 1, ...taskKeyOf(task.state) }],
      CHECKS_PENDING_MS / 1_000,
    );
    return task.state.pull?.number === ref.number ? { kind: 'rest', dueAt: again } : MOVED;
  }
  const applied = await applyTask(
    deps,
    taskKeyOf(task.state),
    { type: 'pull_green', pull: ref },
    { actor: 'forge', loaded: task, hint: false },
  );
  if (applied.kind === 'changed') await driveLoaded(deps, applied.task);
  return applied.kind === 'noop' ? unproven(deps, task) : MOVED;
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

async function apply(
  deps: EngineDeps,
  task: StoredTask,
  event: Parameters<typeof applyTask>[2],
): Promise<void> {
  await applyTask(deps, taskKeyOf(task.state), event, { actor: 'forge', loaded: task });
}
