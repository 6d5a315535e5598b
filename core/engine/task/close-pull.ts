import type { Forge, PullRequest } from '../../port/forge.ts';
import { PLATFORM_LABEL } from '../../pull-text/render-pull.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { toTaskKey } from '../../store/task-store.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { requirePlan } from '../apply/apply-plan.ts';
import { applyTask } from '../apply/apply-task.ts';
import type { ReconcileResult } from '../apply/reconcile-result.ts';
import { requeueWhenDue, TRANSITIONED } from '../apply/reconcile-result.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { MAX_HANDLER_LIFETIME_MS } from '../engine-deps.ts';
import {
  resolveBaseBranch,
  resolveForge,
  resolveTaskBranch,
  toPullRef,
} from '../pull/task-pull.ts';

/** Work that was stopped keeps its branch; its pull request is closed, unless it was merged first, and looked for once more. */
export async function closePull(deps: EngineDeps, task: StoredTask): Promise<ReconcileResult> {
  const { state } = task;
  if (state.pull === undefined && state.accepted === undefined) return requeueWhenDue(task);
  const plan = (await requirePlan(deps, state.plan)).state;
  const forge = resolveForge(deps, plan, state.repo);
  // By its branch: one that was opened just before the task was stopped may not be known yet.
  const branches = {
    head: resolveTaskBranch(deps, state),
    base: resolveBaseBranch(deps, plan, state),
  };
  const pull =
    (await forge.findPull(state.repo, { ...branches, labels: [PLATFORM_LABEL] })) ??
    (await findRetargetedPull(forge, state));
  // A handler that was about to open a pull request, or to open one again, is over by then.
  const late = (state.finishedAt ?? 0) + MAX_HANDLER_LIFETIME_MS;
  const rest: ReconcileResult =
    late > deps.clock.now() ? { kind: 'rest', requeueAt: late } : requeueWhenDue(task);
  if (pull === undefined) return rest;
  if (pull.state === 'merged') {
    const sha = pull.mergeSha ?? pull.headSha;
    const event = { type: 'merge_seen' as const, sha, root: sha };
    await applyTask(deps, toTaskKey(state), event, { actor: 'forge', loaded: task });
    return TRANSITIONED;
  }
  if (pull.state === 'open') await forge.closePull(state.repo, pull.number);
  if (state.pull?.number === pull.number) return rest;
  const event = { type: 'pull_ensured' as const, pull: toPullRef(pull) };
  await applyTask(deps, toTaskKey(state), event, {
    actor: 'forge',
    loaded: task,
    announce: 'clients',
  });
  return rest;
}

/** A person may have had it go elsewhere, without its labels: it is open under its number. */
async function findRetargetedPull(
  forge: Forge,
  state: TaskState,
): Promise<PullRequest | undefined> {
  if (state.pull === undefined) return undefined;
  const pull = await forge.readPull(state.repo, state.pull.number);
  return pull.state === 'open' ? pull : undefined;
}
