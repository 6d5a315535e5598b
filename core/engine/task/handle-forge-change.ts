import { AppError } from '../../base/app-error.ts';
import type { TaskKey } from '../../contract/id.ts';
import { parseBranchName } from '../../contract/id.ts';
import type { QueueMessage } from '../../contract/queue-message.ts';
import type { Forge, PullRequest } from '../../port/forge.ts';
import { loadPlan } from '../../store/plan-store.ts';
import { loadRepository } from '../../store/repository-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { loadTask } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import { applyTask } from '../apply/apply-transition.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { reconcilePlan } from '../plan/reconcile-plan.ts';
import {
  buildReviewEvent,
  observePull,
  repeatsUnchangedRepair,
  resolveBaseBranch,
  resolveForge,
  resolveTaskBranch,
} from '../pull/task-pull.ts';
import { reconcileTask } from './reconcile-task.ts';

type ForgeChangedMessage = Extract<QueueMessage, { readonly type: 'forge_changed' }>;

/** Number of lost races after which the message is retried later. */
const MAX_RACES = 5;

/** Handles a reported change of a pull request. The message only names the pull request, whose state is read from the forge. */
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
    if ((await observeTask(deps, key, message)) === 'observed') return;
  throw new AppError(
    'transient',
    'contended',
    `task ${key.task} of plan ${key.plan} changed ${MAX_RACES} times while its pull request was read`,
  );
}

/** Applies the state of the pull request to the task. Returns `raced` if the task changed while the forge was read. */
async function observeTask(
  deps: EngineDeps,
  key: TaskKey,
  message: ForgeChangedMessage,
): Promise<'observed' | 'raced'> {
  const [task, plan] = await Promise.all([
    loadTask(deps.table, key),
    loadPlan(deps.table, key.plan),
  ]);
  if (task === undefined || plan === undefined || task.state.repo !== message.repo)
    return 'observed';
  const { state } = task;
  const forge = resolveForge(deps, plan.state, state.repo);
  const number = state.pull?.number ?? message.pull;
  if (number !== undefined && state.status !== 'merged') {
    const pull = await forge.readPull(state.repo, number);
    // People choose the base branch in a simple plan. In other plans, a pull request with another base belongs to the task only if
    // the task has stored its number.
    const base = state.simple ? pull.base : resolveBaseBranch(deps, plan.state, state);
    const belongsToTask = pull.number === state.pull?.number || pull.base === base;
    if (pull.head !== resolveTaskBranch(deps, state) || !belongsToTask) return 'observed';
    const event =
      (await observePull(deps, forge, base, task, pull)) ??
      (await findRequestedChanges(forge, task, pull));
    if (event !== undefined) {
      const options = { actor: 'forge', loaded: task, onlyIfUnchanged: true };
      const applied = await applyTask(deps, key, event, options);
      if (applied.kind === 'changed') return 'observed';
      if (applied.kind === 'raced') return 'raced';
    }
  }
  const { status } = state;
  if (status === 'pr_open' || status === 'in_review' || status === 'merging')
    await reconcileTask(deps, key);
  // The end of a simple plan's pull request also ends the plan, even if the task does not change.
  if (state.simple && plan.state.status === 'complete') await reconcilePlan(deps, key.plan);
  return 'observed';
}

/** Finds changes that a person requested before the task is in review or while the task is in the merge queue. */
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
  const isNew = event?.type === 'changes_requested' && !repeatsUnchangedRepair(state, event);
  return isNew ? event : undefined;
}

/** Reads the head branch from the forge, because the webhook of a comment contains only the number of the pull request. */
async function loadPullBranch(
  deps: Pick<EngineDeps, 'table' | 'forges'>,
  message: ForgeChangedMessage,
): Promise<string | undefined> {
  if (message.pull === undefined) return undefined;
  const repository = await loadRepository(deps.table, message.repo);
  if (repository === undefined) return undefined;
  return (await deps.forges[repository.forge].readPull(repository.name, message.pull)).head;
}
