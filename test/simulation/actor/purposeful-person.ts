import { isAppError } from '../../../core/base/app-error.ts';
import type { TaskView } from '../../../core/contract/task.ts';
import {
  cancelTask,
  finishTask,
  retryTask,
  unblockTask,
} from '../../../core/engine/command/task-commands.ts';
import type { EngineDeps } from '../../../core/engine/engine-deps.ts';
import { listTaskViews } from '../../../core/engine/view/read-view.ts';
import type { TaskEventType } from '../../../core/task-state/task-event.ts';
import type { FocusTransition } from '../focus.ts';
import { requiresRepair } from '../focus.ts';
import { isRetargetedPull } from '../judge/branch-rules.ts';
import { formatRootBranch } from '../judge/names.ts';
import type { World } from '../world.ts';
import { pushCommit } from './forge-person.ts';
import { issueCommand, PERSON_EMAIL, retryUntilAnswered } from './issue-command.ts';
import { issueTaskApproval } from './plan-commands.ts';

// A person who causes the focus transitions of the seed: looks for tasks in the status of a focus transition and causes its event, at
// the API or at the forge.

const PERSON_ACTOR = { kind: 'person' } as const;

type TaskAction = (world: World, task: TaskView) => unknown;
type ActionByEvent = Partial<Record<TaskEventType, TaskAction>>;

function issueCancellation(world: World, { plan, id }: TaskView): Promise<boolean> {
  return issueCommand(world, `cancel task ${id}`, (deps) =>
    cancelTask(deps, plan, id, '', PERSON_EMAIL),
  );
}

/** Actions at the API, by the event that they cause. */
const API_ACTIONS: ActionByEvent = {
  cancel: issueCancellation,
  // If a task is cancelled while the engine opens its pull request, the event `pull_ensured` reaches a cancelled task.
  pull_ensured: issueCancellation,
  retry: (world, { plan, id }) =>
    issueCommand(world, `retry task ${id}`, (deps) => retryTask(deps, plan, id, PERSON_EMAIL)),
  unblock: (world, { plan, id }) =>
    issueCommand(world, `unblock task ${id}`, (deps) => unblockTask(deps, plan, id, PERSON_EMAIL)),
  finish: (world, { plan, id }) =>
    issueCommand(world, `finish task ${id}`, (deps) => finishTask(deps, plan, id, PERSON_EMAIL)),
  approved: (world, { plan, id }) => issueTaskApproval(world, plan, id),
};

/** Actions at the forge, by the event that they cause. */
const FORGE_ACTIONS: ActionByEvent = {
  merge_seen: (world, task) => actOnPull(world, task, mergeByPerson),
  pull_closed: (world, task) =>
    actOnPull(world, task, (repo, number) => world.forge.closePull(repo, number, PERSON_ACTOR)),
  pull_reopened: (world, task) =>
    actOnPull(world, task, (repo, number) => reopenIfClosed(world, repo, number)),
  head_moved: (world, task) =>
    actOnPull(world, task, (repo, number) =>
      pushCommit(world, world.forge.getRepository(repo), world.forge.getPull(repo, number).head),
    ),
  changes_requested: (world, task) =>
    actOnPull(world, task, (repo, number) =>
      world.forge.addReview(repo, number, 'changes_requested'),
    ),
  root_moved: (world, { plan, run, repo }) =>
    pushCommit(world, world.forge.getRepository(repo), formatRootBranch(plan, run)),
  forge_refused: (world, task) =>
    actOnPull(world, task, (repo, number) =>
      world.forge.setBase(repo, number, 'main', PERSON_ACTOR),
    ),
};

/** Causes the focus transitions until the faults end; a single read of a plan's tasks serves all of them. */
export async function causeFocusTransitions(
  world: World,
  focusTransitions: readonly FocusTransition[],
): Promise<void> {
  const actions = { ...API_ACTIONS, ...FORGE_ACTIONS };
  const pursued = focusTransitions.filter(({ event }) => actions[event] !== undefined);
  const { loop, random, faults, judge } = world;
  while (faults.isActive && pursued.length > 0) {
    await loop.sleep(random.between(5_000, 25_000));
    for (const { id } of [...judge.knownPlans.values()])
      for (const task of await readTaskViews(world, id)) {
        if (!faults.isActive) return;
        const transition = pursued.find(
          (candidate) => isPossible(candidate, task) && random.chance(0.4),
        );
        if (transition !== undefined) await actions[transition.event]?.(world, task);
        // A change request starts the repair that such a transition requires.
        else if (task.status === 'in_review' && pursued.some(requiresRepair) && random.chance(0.3))
          await actions.changes_requested?.(world, task);
      }
  }
}

/** Returns true if the transition is possible in the present state of the task. */
function isPossible({ status, event }: FocusTransition, task: TaskView): boolean {
  if (event === 'pull_ensured')
    return status === 'cancelled' && task.status === 'pr_open' && task.pullRequest === undefined;
  if (event === 'finish' && task.attemptId === undefined) return false;
  if (event === 'root_moved' && task.kind !== 'end') return false;
  return task.status === status;
}

async function readTaskViews(world: World, plan: string): Promise<TaskView[]> {
  try {
    const read = (deps: EngineDeps) => listTaskViews(deps, plan, { limit: 100 });
    return (await retryUntilAnswered(world, 'tasks', read)).items;
  } catch (error) {
    // `notFound`: the plan does not exist yet.
    if (isAppError(error, 'notFound')) return [];
    throw error;
  }
}

/** Applies an action to the pull request of a task, unless the plan is simple or the pull request is merged or retargeted. */
function actOnPull(
  world: World,
  task: TaskView,
  action: (repo: string, number: number, world: World) => void,
): void {
  if (task.pullRequest === undefined || world.judge.knownPlans.get(task.plan)?.isSimple !== false)
    return;
  const pull = world.forge.getPull(task.repo, task.pullRequest.number);
  if (pull.state !== 'merged' && !isRetargetedPull(world, pull))
    action(task.repo, pull.number, world);
}

/** Reopens a closed pull request if the forge allows it; returns true if the pull request is open afterwards. */
function reopenIfClosed(world: World, repo: string, number: number): boolean {
  const { branches, pulls } = world.forge.getRepository(repo);
  const pull = world.forge.getPull(repo, number);
  if (pull.state === 'open') return true;
  const hasOpenSuccessor = pulls.some(
    (other) => other.state === 'open' && other.head === pull.head && other.base === pull.base,
  );
  if (hasOpenSuccessor || !branches.has(pull.head) || !branches.has(pull.base)) return false;
  world.forge.reopenPull(repo, number, PERSON_ACTOR);
  return true;
}

function mergeByPerson(repo: string, number: number, world: World): void {
  if (!reopenIfClosed(world, repo, number)) return;
  const pull = world.forge.getPull(repo, number);
  world.forge.setDraft(repo, number, false, PERSON_ACTOR);
  world.forge.mergePull(
    repo,
    number,
    world.forge.readHeadSha(world.forge.getRepository(repo), pull),
    PERSON_ACTOR,
  );
}
