import type { Forge, PullRequest } from '../../port/forge.ts';
import { PLATFORM_LABEL } from '../../pull-text/render-pull.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { toTaskKey } from '../../store/task-store.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { applyTask, requirePlan } from '../apply/apply-transition.ts';
import type { ForgeDeps } from '../engine-deps.ts';
import { MAX_HANDLER_LIFETIME_MS } from '../engine-deps.ts';
import {
  resolveBaseBranch,
  resolveForge,
  resolveTaskBranch,
  toPullRef,
} from '../pull/task-pull.ts';
import type { ReconcileResult } from './reconcile-result.ts';
import { requeueWhenDue, TRANSITIONED } from './reconcile-result.ts';

/**
 * Closes the pull request of a cancelled task, unless the pull request was merged first, and keeps the branch. A later reconcile
 * repeats the check, because a handler that is still running may open a pull request.
 */
export async function closePull(deps: ForgeDeps, task: StoredTask): Promise<ReconcileResult> {
  const { state } = task;
  if (state.pull === undefined && state.accepted === undefined) return requeueWhenDue(task);
  const plan = (await requirePlan(deps, state.plan)).state;
  const forge = resolveForge(deps, plan, state.repo);
  // A pull request that was opened just before the cancellation may have no stored number, so the search goes by branch.
  const branches = {
    head: resolveTaskBranch(deps, state),
    base: resolveBaseBranch(deps, plan, state),
  };
  const pull =
    (await forge.findPull(state.repo, { ...branches, labels: [PLATFORM_LABEL] })) ??
    (await findRetargetedPull(forge, state));
  // By this time every handler has ended that may open or reopen the pull request.
  const checkAgainAt = (state.finishedAt ?? 0) + MAX_HANDLER_LIFETIME_MS;
  const result: ReconcileResult =
    checkAgainAt > deps.clock.now()
      ? { kind: 'idle', requeueAt: checkAgainAt }
      : requeueWhenDue(task);
  if (pull === undefined) return result;
  if (pull.state === 'merged') {
    const sha = pull.mergeSha ?? pull.headSha;
    const event = { type: 'merge_seen' as const, sha, root: sha };
    await applyTask(deps, toTaskKey(state), event, { actor: 'forge', loaded: task });
    return TRANSITIONED;
  }
  if (pull.state === 'open') await forge.closePull(state.repo, pull.number);
  if (state.pull?.number === pull.number) return result;
  const event = { type: 'pull_ensured' as const, pull: toPullRef(pull) };
  await applyTask(deps, toTaskKey(state), event, {
    actor: 'forge',
    loaded: task,
    announce: 'clients',
  });
  return result;
}

/** Finds an open pull request by its stored number, because a person may have changed its base branch and removed its labels. */
async function findRetargetedPull(
  forge: Forge,
  state: TaskState,
): Promise<PullRequest | undefined> {
  if (state.pull === undefined) return undefined;
  const pull = await forge.readPull(state.repo, state.pull.number);
  return pull.state === 'open' ? pull : undefined;
}
