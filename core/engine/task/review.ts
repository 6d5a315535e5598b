import type { Forge, PullRequest } from '../../port/forge.ts';
import { type StoredTask, taskKeyOf } from '../../store/task-store.ts';
import { requirePlan } from '../apply-plan.ts';
import { applyTask, hintAll } from '../apply-task.ts';
import type { EngineDeps } from '../deps.ts';
import { type Driven, MOVED, restOf } from './driven.ts';
import { observePull } from './observe.ts';
import { checksEvent, reviewEvent } from './review-event.ts';
import { baseOf, forgeOf } from './task-forge.ts';

/** A pull request that waits for a person: what they did to it, read from the forge. */
export async function review(deps: EngineDeps, task: StoredTask): Promise<Driven> {
  const { state } = task;
  if (state.pull === undefined) return restOf(task);
  const plan = (await requirePlan(deps, state.plan)).state;
  const forge = forgeOf(deps, plan, state.repo);
  const pull = await forge.pull(state.repo, state.pull.number);
  const { reviews, comments } = await forge.reviews(state.repo, state.pull.number);
  const checks = await forge.checks(state.repo, state.accepted?.commit ?? pull.headSha);
  const event =
    (await observePull(deps, forge, baseOf(deps, plan, state), task, pull)) ??
    checksEvent(checks) ??
    reviewEvent(reviews, comments, state.reviewSeen ?? 0, state.accepted?.commit);
  if (event !== undefined) {
    const applied = await applyTask(deps, taskKeyOf(state), event, {
      actor: 'forge',
      loaded: task,
      observed: true,
    });
    if (applied.kind === 'changed') return MOVED;
  }
  if (state.simple) {
    if (pull.draft && (await isAsAccepted(forge, task, pull)))
      await forge.markReady(state.repo, pull);
    await hintAll(deps, [{ type: 'drive_plan', v: 1, plan: state.plan }]);
  }
  return restOf(task);
}

/** A pull request may show an old head for a while; its branch is what a person would be asked to merge. */
async function isAsAccepted(
  forge: Forge,
  { state }: StoredTask,
  pull: PullRequest,
): Promise<boolean> {
  return (await forge.branchHead(state.repo, pull.head)) === state.accepted?.commit;
}
