import type { Review, ReviewComment } from '../port/forge.ts';
import { type StoredTask, taskKeyOf } from '../store/task-store.ts';
import type { TaskEvent } from '../task/event.ts';
import { requirePlan } from './apply-plan.ts';
import { applyTask, hintAll } from './apply-task.ts';
import type { EngineDeps } from './deps.ts';
import { type Driven, MOVED, restOf } from './drive-task.ts';
import { observePull } from './observe.ts';
import { baseOf, forgeOf } from './promote.ts';

/** A pull request that waits for a person: what they did to it, read from the forge. */
export async function review(deps: EngineDeps, task: StoredTask): Promise<Driven> {
  const { state } = task;
  if (state.pull === undefined) return restOf(task);
  const plan = (await requirePlan(deps, state.plan)).state;
  const forge = forgeOf(deps, plan, state.repo);
  const pull = await forge.pull(state.repo, state.pull.number);
  const { reviews, comments } = await forge.reviews(state.repo, state.pull.number);
  const event =
    (await observePull(deps, forge, baseOf(deps, plan, state), task, pull)) ??
    reviewEvent(reviews, comments, state.reviewSeen ?? 0, state.accepted?.commit);
  if (event !== undefined) {
    const applied = await applyTask(deps, taskKeyOf(state), event, {
      actor: 'forge',
      loaded: task,
    });
    if (applied.kind === 'changed') return MOVED;
  }
  if (state.simple) {
    if (pull.draft) await forge.markReady(state.repo, pull);
    await hintAll(deps, [{ type: 'drive_plan', v: 1, plan: state.plan }]);
  }
  return restOf(task);
}

/** Only people with write permission are heard, and only what is newer than what was acted upon. */
export function reviewEvent(
  reviews: readonly Review[],
  comments: readonly ReviewComment[],
  seen: number,
  commit: string | undefined,
): TaskEvent | undefined {
  const heard = reviews.filter((one) => one.id > seen && one.authorCanWrite && !one.isBot);
  const decisive = heard
    .filter((one) => one.state === 'changes_requested' || one.state === 'approved')
    .at(-1);
  if (decisive === undefined) return undefined;
  if (decisive.state === 'approved')
    return decisive.commit === commit ? { type: 'approved' } : undefined;
  const said = comments.filter(
    (one) => one.authorCanWrite && !one.isBot && one.at >= decisive.at - 3_600_000,
  );
  const lines = said.map((one) =>
    one.path === undefined ? one.body : `${one.path}:${one.line ?? 0}: ${one.body}`,
  );
  const detail = [decisive.body, ...lines].filter((line) => line !== '').join('\n\n');
  const files = [...new Set(said.flatMap((one) => (one.path === undefined ? [] : [one.path])))];
  return {
    type: 'changes_requested',
    repair: {
      reason: 'changes_requested',
      detail: detail || 'Changes were requested without a comment.',
      files,
      tasks: [],
    },
    reviewSeen: decisive.id,
  };
}
