import type { Forge, PullRequest } from '../../port/forge.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { toTaskKey } from '../../store/task-store.ts';
import { enqueueWakeUps } from '../announce/enqueue-wake-ups.ts';
import { requirePlan } from '../apply/apply-plan.ts';
import { applyTask } from '../apply/apply-task.ts';
import type { ReconcileResult } from '../apply/reconcile-result.ts';
import { requeueWhenDue, TRANSITIONED } from '../apply/reconcile-result.ts';
import type { EngineDeps } from '../engine-deps.ts';
import {
  buildChecksEvent,
  buildReviewEvent,
  observePull,
  resolveBaseBranch,
  resolveForge,
} from '../pull/task-pull.ts';

/** A pull request that waits for a person: what they did to it, read from the forge. */
export async function observeReview(deps: EngineDeps, task: StoredTask): Promise<ReconcileResult> {
  const { state } = task;
  if (state.pull === undefined) return requeueWhenDue(task);
  const plan = (await requirePlan(deps, state.plan)).state;
  const forge = resolveForge(deps, plan, state.repo);
  const pull = await forge.readPull(state.repo, state.pull.number);
  const { reviews, comments } = await forge.readReviews(state.repo, state.pull.number);
  const checks = await forge.readChecks(state.repo, state.accepted?.commit ?? pull.headSha);
  const event =
    (await observePull(deps, forge, resolveBaseBranch(deps, plan, state), task, pull)) ??
    buildChecksEvent(checks) ??
    buildReviewEvent(reviews, comments, state.lastHandledReview ?? 0, state.accepted?.commit);
  if (event !== undefined) {
    const applied = await applyTask(deps, toTaskKey(state), event, {
      actor: 'forge',
      loaded: task,
      observed: true,
    });
    if (applied.kind === 'changed') return TRANSITIONED;
  }
  if (state.simple) {
    if (pull.draft && (await isAcceptedCommitAtHead(forge, task, pull)))
      await forge.markReady(state.repo, pull);
    await enqueueWakeUps(deps, [{ type: 'reconcile_plan', v: 1, plan: state.plan }]);
  }
  return requeueWhenDue(task);
}

/** A pull request may show an old head for a while; its branch is what a person would be asked to merge. */
async function isAcceptedCommitAtHead(
  forge: Forge,
  { state }: StoredTask,
  pull: PullRequest,
): Promise<boolean> {
  return (await forge.readBranchHead(state.repo, pull.head)) === state.accepted?.commit;
}
