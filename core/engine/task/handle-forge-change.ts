import { AppError } from '../../base/app-error.ts';
import { parseBranchName } from '../../contract/branch-name.ts';
import type { TaskKey } from '../../contract/id.ts';
import type { QueueMessage } from '../../contract/queue.ts';
import type { Forge, PullRequest } from '../../port/forge.ts';
import { loadPlan } from '../../store/plan-store.ts';
import { loadRepository } from '../../store/repository-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { loadTask } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import { applyTask } from '../apply/apply-task.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { reconcilePlan } from '../plan/reconcile-plan.ts';
import {
  buildReviewEvent,
  observePull,
  resolveBaseBranch,
  resolveForge,
  resolveTaskBranch,
} from '../pull/task-pull.ts';
import { reconcileTask } from './reconcile-task.ts';

type ForgeChangedMessage = Extract<QueueMessage, { readonly type: 'forge_changed' }>;

const MAX_RACES = 5;

/** A webhook or a poll says that something about a pull request changed; what is true is read from the forge. */
export async function handleForgeChange(
  deps: EngineDeps,
  message: ForgeChangedMessage,
): Promise<void> {
  const branch = message.branch ?? (await loadPullBranch(deps, message));
  if (branch === undefined) return;
  const owner = parseBranchName(deps.settings.prefix, branch);
  if (owner === undefined) return;
  if (owner.kind !== 'task') {
    if (owner.kind === 'root') await reconcilePlan(deps, owner.plan);
    return;
  }
  const key = { plan: owner.plan, run: owner.run, task: owner.task };
  for (let race = 0; race < MAX_RACES; race += 1)
    if ((await observeTask(deps, key, message)) === 'seen') return;
  throw new AppError('transient', 'contended', `task ${key.task} of ${key.plan} goes on changing`);
}

/** `raced`: the task moved on while the forge was read, so what was read says nothing about it. */
async function observeTask(
  deps: EngineDeps,
  key: TaskKey,
  message: ForgeChangedMessage,
): Promise<'seen' | 'raced'> {
  const [task, plan] = await Promise.all([
    loadTask(deps.table, key),
    loadPlan(deps.table, key.plan),
  ]);
  if (task === undefined || plan === undefined || task.state.repo !== message.repo) return 'seen';
  const { state } = task;
  const forge = resolveForge(deps, plan.state, state.repo);
  const number = state.pull?.number ?? message.pull;
  if (number !== undefined && state.status !== 'merged') {
    const pull = await forge.readPull(state.repo, number);
    // That of a simple plan may go wherever people want it; any other counts only where it is known by its number.
    const base = state.simple ? pull.base : resolveBaseBranch(deps, plan.state, state);
    const isOwn = pull.number === state.pull?.number || pull.base === base;
    if (pull.head !== resolveTaskBranch(deps, state) || !isOwn) return 'seen';
    const event =
      (await observePull(deps, forge, base, task, pull)) ??
      (await findRequestedChanges(forge, task, pull));
    if (event !== undefined) {
      const options = { actor: 'forge', loaded: task, observed: true };
      const applied = await applyTask(deps, key, event, options);
      if (applied.kind === 'changed') return 'seen';
      if (applied.kind === 'raced') return 'raced';
    }
  }
  const { status } = state;
  if (status === 'pr_open' || status === 'in_review' || status === 'merging')
    await reconcileTask(deps, key);
  // The one pull request of a simple plan ends it, also where it changes nothing of its task.
  if (state.simple && plan.state.status === 'complete') await reconcilePlan(deps, key.plan);
  return 'seen';
}

/** A person may object before anybody asked for a review. */
async function findRequestedChanges(
  forge: Forge,
  { state }: StoredTask,
  pull: PullRequest,
): Promise<TaskEvent | undefined> {
  if (state.status !== 'pr_open' && state.status !== 'merging') return undefined;
  const { reviews, comments } = await forge.readReviews(state.repo, pull.number);
  const event = buildReviewEvent(
    reviews,
    comments,
    state.lastHandledReview ?? 0,
    state.accepted?.commit,
  );
  return event?.type === 'changes_requested' ? event : undefined;
}

/** A comment's webhook names the pull request alone. */
async function loadPullBranch(
  deps: EngineDeps,
  message: ForgeChangedMessage,
): Promise<string | undefined> {
  if (message.pull === undefined) return undefined;
  const repository = await loadRepository(deps.table, message.repo);
  if (repository === undefined) return undefined;
  return (await deps.forges[repository.forge].readPull(repository.name, message.pull)).head;
}
