import { buildPlanWakeUp } from '../../contract/queue-message.ts';
import type { Forge, PullRequest } from '../../port/forge.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { toTaskKey } from '../../store/task-store.ts';
import { enqueueWakeUps } from '../announce-changes.ts';
import { applyTask, requirePlan } from '../apply/apply-transition.ts';
import type { ForgeDeps } from '../engine-deps.ts';
import {
  buildChecksEvent,
  buildReviewEvent,
  observePull,
  repeatsUnchangedRepair,
  resolveBaseBranch,
  resolveForge,
} from '../pull/task-pull.ts';
import type { ReconcileResult } from './reconcile-result.ts';
import { requeueWhenDue, TRANSITIONED } from './reconcile-result.ts';

/** Reads the pull request in review, its reviews and its checks from the forge, and applies the first resulting event. */
export async function observeReview(deps: ForgeDeps, task: StoredTask): Promise<ReconcileResult> {
  const { state } = task;
  if (state.pull === undefined) return requeueWhenDue(task);
  const plan = (await requirePlan(deps, state.plan)).state;
  const forge = resolveForge(deps, plan, state.repo);
  const pull = await forge.readPull(state.repo, state.pull.number);
  const { reviews, comments } = await forge.readReviews(state.repo, state.pull.number);
  const checks = await forge.readChecks(state.repo, state.accepted?.commit ?? pull.headSha);
  // People choose the base branch of a simple plan.
  const base = state.simple ? pull.base : resolveBaseBranch(deps, plan, state);
  const event =
    (await observePull(deps, forge, base, task, pull)) ??
    buildChecksEvent(checks) ??
    buildReviewEvent(reviews, comments, state.lastHandledReview ?? 0, state.accepted?.commit);
  if (event !== undefined && !repeatsUnchangedRepair(state, event)) {
    const applied = await applyTask(deps, toTaskKey(state), event, {
      actor: 'forge',
      loaded: task,
      onlyIfUnchanged: true,
    });
    if (applied.kind === 'changed') return TRANSITIONED;
  }
  if (state.simple) {
    if (pull.draft && (await isAcceptedCommitAtHead(forge, task, pull)))
      await forge.markReady(state.repo, pull);
    await enqueueWakeUps(deps, [buildPlanWakeUp(state.plan)]);
  }
  return requeueWhenDue(task);
}

/** Compares the head of the branch, because the pull request may show an old head for a while. */
async function isAcceptedCommitAtHead(
  forge: Forge,
  { state }: StoredTask,
  pull: PullRequest,
): Promise<boolean> {
  return (await forge.readBranchHead(state.repo, pull.head)) === state.accepted?.commit;
}
