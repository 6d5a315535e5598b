import type { TaskView } from '../../../core/contract/task.ts';
import {
  cancelTask,
  finishTask,
  retryTask,
  unblockTask,
} from '../../../core/engine/command/task.ts';
import type { EngineDeps } from '../../../core/engine/deps.ts';
import { listTaskViews } from '../../../core/engine/view/read.ts';
import { isAppError } from '../../../core/error.ts';
import type { TaskEventType } from '../../../core/task/event.ts';
import { type Focus, isOfRepair } from '../focus.ts';
import { isAstray } from '../judge/branch-rules.ts';
import { rootName } from '../judge/names.ts';
import type { World } from '../world.ts';
import { insist, ME, order } from './api-call.ts';
import { approveWork } from './api-order.ts';
import { push } from './forge-person.ts';

// A person who knows what they are after: looks for tasks in one status, and does the one thing to them that this seed is
// about, at the API or at the forge.

const BY = { kind: 'person' } as const;

type Act = (world: World, task: TaskView) => unknown;
type Acts = Partial<Record<TaskEventType, Act>>;

function cancel(world: World, { plan, id }: TaskView): Promise<boolean> {
  return order(world, `cancel ${id}`, (deps) => cancelTask(deps, plan, id, '', ME));
}

const AT_THE_API: Acts = {
  cancel,
  pull_ensured: cancel,
  retry: (world, { plan, id }) =>
    order(world, `retry ${id}`, (deps) => retryTask(deps, plan, id, ME)),
  unblock: (world, { plan, id }) =>
    order(world, `unblock ${id}`, (deps) => unblockTask(deps, plan, id, ME)),
  finish: (world, { plan, id }) =>
    order(world, `finish ${id}`, (deps) => finishTask(deps, plan, id, ME)),
  approved: (world, { plan, id }) => approveWork(world, plan, id),
};

const AT_THE_FORGE: Acts = {
  merge_seen: (world, task) => onPull(world, task, mergeIt),
  pull_closed: (world, task) =>
    onPull(world, task, (repo, number) => world.forge.close(repo, number, BY)),
  pull_reopened: (world, task) => onPull(world, task, (repo, number) => open(world, repo, number)),
  head_moved: (world, task) =>
    onPull(world, task, (repo, number) =>
      push(world, world.forge.repo(repo), world.forge.truth(repo, number).head),
    ),
  changes_requested: (world, task) =>
    onPull(world, task, (repo, number) => world.forge.addReview(repo, number, 'changes_requested')),
  root_moved: (world, { plan, run, repo }) =>
    push(world, world.forge.repo(repo), rootName(plan, run)),
  forge_refused: (world, task) =>
    onPull(world, task, (repo, number) => world.forge.setBase(repo, number, 'main', BY)),
};

/** For as long as things go wrong; one look at a plan serves all that is pursued. */
export async function pursue(world: World, foci: readonly Focus[]): Promise<void> {
  const acts = { ...AT_THE_API, ...AT_THE_FORGE };
  const pursued = foci.filter((focus) => acts[focus.event] !== undefined);
  const { loop, random, faults, judge } = world;
  while (faults.active && pursued.length > 0) {
    await loop.sleep(random.between(5_000, 25_000));
    for (const { id } of [...judge.plans.values()])
      for (const task of await tasksOf(world, id)) {
        if (!faults.active) return;
        const meant = pursued.find((focus) => matches(focus, task) && random.chance(0.4));
        if (meant !== undefined) await acts[meant.event]?.(world, task);
        else if (task.status === 'in_review' && pursued.some(isOfRepair) && random.chance(0.3))
          await acts.changes_requested?.(world, task);
      }
  }
}

/** In the status, and such that the event can come of it: what has no pull request yet is to be cancelled before it has. */
function matches({ status, event }: Focus, task: TaskView): boolean {
  if (event === 'pull_ensured')
    return status === 'cancelled' && task.status === 'pr_open' && task.pullRequest === undefined;
  if (event === 'finish' && task.attemptId === undefined) return false;
  if (event === 'root_moved' && task.kind !== 'end') return false;
  return task.status === status;
}

async function tasksOf(world: World, plan: string): Promise<TaskView[]> {
  try {
    const read = (deps: EngineDeps) => listTaskViews(deps, plan, { limit: 100 });
    return (await insist(world, 'tasks', read)).items;
  } catch (error) {
    // It was announced and is not there yet.
    if (isAppError(error, 'notFound')) return [];
    throw error;
  }
}

function onPull(
  world: World,
  task: TaskView,
  act: (repo: string, number: number, world: World) => void,
): void {
  if (task.pullRequest === undefined || world.judge.plans.get(task.plan)?.simple !== false) return;
  const pull = world.forge.truth(task.repo, task.pullRequest.number);
  if (pull.state !== 'merged' && !isAstray(world, pull)) act(task.repo, pull.number, world);
}

function open(world: World, repo: string, number: number): boolean {
  const { branches, pulls } = world.forge.repo(repo);
  const pull = world.forge.truth(repo, number);
  if (pull.state === 'open') return true;
  const isTaken = pulls.some(
    (one) => one.state === 'open' && one.head === pull.head && one.base === pull.base,
  );
  if (isTaken || !branches.has(pull.head) || !branches.has(pull.base)) return false;
  world.forge.reopen(repo, number, BY);
  return true;
}

function mergeIt(repo: string, number: number, world: World): void {
  if (!open(world, repo, number)) return;
  const pull = world.forge.truth(repo, number);
  world.forge.setDraft(repo, number, false, BY);
  world.forge.merge(repo, number, world.forge.headSha(world.forge.repo(repo), pull), BY);
}
