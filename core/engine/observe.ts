import type { QueueMessage } from '../contract/queue.ts';
import { parseBranch } from '../lifecycle/branch.ts';
import type { Forge, PullRequest } from '../port/forge.ts';
import { loadPlan } from '../store/plan-store.ts';
import { loadRepository } from '../store/repository-store.ts';
import { loadTask, type StoredTask, taskKeyOf } from '../store/task-store.ts';
import type { TaskEvent } from '../task/event.ts';
import { applyTask, hintAll } from './apply-task.ts';
import type { EngineDeps } from './deps.ts';
import { driveTask } from './drive-task.ts';
import { baseOf, forgeOf, headOf } from './promote.ts';

/** What a pull request says about its task, apart from reviews and checks; undefined: nothing new. */
export async function observePull(
  deps: EngineDeps,
  forge: Forge,
  base: string,
  task: StoredTask,
  pull: PullRequest,
): Promise<TaskEvent | undefined> {
  const { state } = task;
  if (pull.state === 'merged') {
    const sha = pull.mergeSha ?? pull.headSha;
    return { type: 'merge_seen', sha, root: sha };
  }
  if (pull.state === 'closed') return { type: 'pull_closed' };
  if (state.status === 'failed') return { type: 'pull_reopened' };
  if (state.accepted === undefined || pull.headSha === state.accepted.commit) return undefined;
  // The pull request may lag behind its branch, and the branch is what counts.
  const head = await forge.branchHead(state.repo, headOf(deps, state));
  if (head === undefined || head === state.accepted.commit) return undefined;
  const root = await forge.branchHead(state.repo, base);
  return { type: 'head_moved', commit: head, root: root ?? head };
}

/** A webhook or a poll says that something about a pull request changed; what is true is read from the forge. */
export async function forgeChanged(
  deps: EngineDeps,
  message: Extract<QueueMessage, { type: 'forge_changed' }>,
): Promise<void> {
  const branch = message.branch ?? (await branchOfPull(deps, message));
  if (branch === undefined) return;
  const owner = parseBranch(deps.settings.prefix, branch);
  if (owner === undefined) return;
  if (owner.kind !== 'task') {
    if (owner.kind === 'root')
      await hintAll(deps, [{ type: 'drive_plan', v: 1, plan: owner.plan }]);
    return;
  }
  const key = { plan: owner.plan, run: owner.run, task: owner.task };
  const [task, plan] = await Promise.all([
    loadTask(deps.table, key),
    loadPlan(deps.table, owner.plan),
  ]);
  if (task === undefined || plan === undefined || task.state.repo !== message.repo) return;
  const forge = forgeOf(deps, plan.state, task.state.repo);
  const number = task.state.pull?.number ?? message.pull;
  if (number !== undefined && task.state.status !== 'merged') {
    const pull = await forge.pull(task.state.repo, number);
    if (pull.head !== headOf(deps, task.state)) return;
    const event = await observePull(deps, forge, baseOf(deps, plan.state, task.state), task, pull);
    if (event !== undefined) {
      const applied = await applyTask(deps, taskKeyOf(task.state), event, {
        actor: 'forge',
        loaded: task,
      });
      if (applied.kind === 'changed') return;
    }
  }
  if (
    task.state.status === 'pr_open' ||
    task.state.status === 'in_review' ||
    task.state.status === 'merging'
  )
    await driveTask(deps, key);
}

/** A comment's webhook names the pull request alone. */
async function branchOfPull(
  deps: EngineDeps,
  message: Extract<QueueMessage, { type: 'forge_changed' }>,
): Promise<string | undefined> {
  if (message.pull === undefined) return undefined;
  const repository = await loadRepository(deps.table, message.repo);
  if (repository === undefined) return undefined;
  return (await deps.forges[repository.forge].pull(repository.name, message.pull)).head;
}
