import { OWN_LABEL } from '../../plan/own-label.ts';
import type { Forge, PullRequest } from '../../port/forge.ts';
import { type StoredTask, taskKeyOf } from '../../store/task-store.ts';
import type { TaskState } from '../../task/state.ts';
import { requirePlan } from '../apply-plan.ts';
import { applyTask } from '../apply-task.ts';
import type { EngineDeps } from '../deps.ts';
import { HANDLER_SPAN_MS } from '../handler-span.ts';
import { type Driven, MOVED, restOf } from './driven.ts';
import { baseOf, forgeOf, headOf, refOf } from './task-forge.ts';

/** Work that was stopped keeps its branch; its pull request is closed, unless it was merged first, and looked for once more. */
export async function closePull(deps: EngineDeps, task: StoredTask): Promise<Driven> {
  const { state } = task;
  if (state.pull === undefined && state.accepted === undefined) return restOf(task);
  const plan = (await requirePlan(deps, state.plan)).state;
  const forge = forgeOf(deps, plan, state.repo);
  // By its branch: one that was opened just before the task was stopped may not be known yet.
  const branches = { head: headOf(deps, state), base: baseOf(deps, plan, state) };
  const pull =
    (await forge.findPull(state.repo, { ...branches, labels: [OWN_LABEL] })) ??
    (await strayed(forge, state));
  // A handler that was about to open a pull request, or to open one again, is over by then.
  const late = (state.finishedAt ?? 0) + HANDLER_SPAN_MS;
  const rest: Driven = late > deps.clock.now() ? { kind: 'rest', dueAt: late } : restOf(task);
  if (pull === undefined) return rest;
  if (pull.state === 'merged') {
    const sha = pull.mergeSha ?? pull.headSha;
    const event = { type: 'merge_seen' as const, sha, root: sha };
    await applyTask(deps, taskKeyOf(state), event, { actor: 'forge', loaded: task });
    return MOVED;
  }
  if (pull.state === 'open') await forge.closePull(state.repo, pull.number);
  if (state.pull?.number === pull.number) return rest;
  const event = { type: 'pull_ensured' as const, pull: refOf(pull) };
  await applyTask(deps, taskKeyOf(state), event, { actor: 'forge', loaded: task, hint: false });
  return rest;
}

/** A person may have had it go elsewhere, without its labels: it is open under its number. */
async function strayed(forge: Forge, state: TaskState): Promise<PullRequest | undefined> {
  if (state.pull === undefined) return undefined;
  const pull = await forge.pull(state.repo, state.pull.number);
  return pull.state === 'open' ? pull : undefined;
}
