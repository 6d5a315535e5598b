import type { PlanView } from '../../../core/contract/plan.ts';
import { sendMessage } from '../../../core/engine/attempt/message.ts';
import { createPlan } from '../../../core/engine/command/plan.ts';
import { linkRepository } from '../../../core/engine/command/repository.ts';
import { retryTask } from '../../../core/engine/command/task.ts';
import type { EngineDeps } from '../../../core/engine/deps.ts';
import { readHistory, readPlanView } from '../../../core/engine/view/read.ts';
import { isAppError } from '../../../core/error.ts';
import { readBranch } from '../judge/names.ts';
import { judgeHistory, judgeWaiting } from '../judge/view-rules.ts';
import type { Submission } from '../scenario.ts';
import type { World } from '../world.ts';
import { insist, ME, order, send } from './api-call.ts';
import {
  approve,
  approveWork,
  editSomething,
  orderSomething,
  restart,
  stopSomething,
} from './api-order.ts';
import { bringBack } from './forge-person.ts';

// A person at the API: submits, does what a plan says it waits for, and in bad times orders whatever comes to mind.

export type PlanWatch = { submission: Submission; over: boolean; view?: PlanView };

export async function submit(world: World, submission: Submission): Promise<void> {
  await world.loop.sleep(submission.at);
  world.judge.plans.set(submission.id, submission.known);
  const noHosting = {
    link: () => Promise.reject(new Error('no hosting')),
    unlink: () => Promise.resolve(),
  };
  const create = async (deps: EngineDeps): Promise<unknown> => {
    for (const { name } of submission.body.repositories)
      await linkRepository(deps, noHosting, { name, forge: 'github' }, ME, () => `r${name.length}`);
    return createPlan(deps, submission.body, ME, submission.id, 'hash');
  };
  await send(world, () => insist(world, 'create', create));
}

/** Looks at a plan now and then, for as long as it goes on. */
export async function watchPlan(world: World, watch: PlanWatch): Promise<void> {
  const { id } = watch.submission;
  for (;;) {
    await world.loop.sleep(world.random.between(30_000, 120_000));
    const view = await insist(world, 'view', (deps) => readPlanView(deps, id));
    watch.view = view;
    if (view.status === 'cancelled') world.judge.commitments.cancelled(world, view);
    world.judge.commitments.waits(world, view);
    const { faults, random } = world;
    if (view.status === 'pending_approval' && faults.happens('person_edits'))
      await editSomething(world, view);
    judgeWaiting(world.judge, world, view);
    for (const waiting of view.waiting)
      if (!faults.active || random.chance(0.3)) await resolve(world, view, waiting.command);
    const orders = [
      faults.happens('person_orders') ? orderSomething : undefined,
      faults.happens('person_stops') ? stopSomething : undefined,
    ].filter((one) => one !== undefined);
    for (const giveOrder of orders) await giveOrder(world, view);
    // An order may have set it going again.
    const isDone = isOver(view) && orders.length === 0;
    if (isDone && !watch.over) await readSomeHistory(world, view);
    watch.over = isDone;
  }
}

async function readSomeHistory(world: World, { id }: PlanView): Promise<void> {
  const tasks = world.judge.plans.get(id)?.tasks ?? [];
  const task = world.random.pick(tasks).id;
  try {
    const history = await insist(world, 'history', (deps) => readHistory(deps, id, task));
    judgeHistory(world.judge, world, `${id} ${task}`, history);
  } catch (error) {
    // Its plan was stopped before it had tasks.
    if (!isAppError(error, 'notFound')) throw error;
  }
}

function isOver(view: PlanView): boolean {
  if (view.status === 'rejected' || view.status === 'cancelled') return true;
  return view.status === 'complete' && view.pulls.every((pull) => pull.state !== 'open');
}

/** Does what the plan itself says would help it on. */
async function resolve(world: World, view: PlanView, command: string): Promise<void> {
  const [, noun, verb, plan = '', task = ''] = command.split(' ');
  if (command.includes('/pull/')) return openPull(world, command);
  // Its plan is about to be complete.
  if (noun === 'status') return;
  const what = `${noun} ${verb} ${task}`;
  if (noun === 'plan' && verb === 'approve') return approve(world, view);
  if (noun === 'plan' && verb === 'restart') await restart(world, view);
  else if (noun === 'task' && verb === 'approve') await approveWork(world, plan, task);
  else if (noun === 'task' && verb === 'retry') {
    bringAllBack(world, plan);
    await order(world, what, (deps) => retryTask(deps, plan, task, ME));
  } else if (noun === 'task' && verb === 'answer')
    await order(world, what, (deps) => sendMessage(deps, plan, task, { text: 'that' }, ME));
  else world.judge.fail(world, `a plan waits for a command that nobody knows: ${command}`);
}

/** A task that is blocked since its pull request goes elsewhere says that it is to be brought back. */
function bringAllBack(world: World, plan: string): void {
  for (const repository of world.forge.repositories.values())
    for (const pull of repository.pulls)
      if (pull.state === 'open' && readBranch(pull.head)?.plan === plan)
        bringBack(world, repository.name, pull);
}

/** What the engine asks for is a look at it; then it is merged, or closed where it cannot be. */
async function openPull(world: World, command: string): Promise<void> {
  const match = /forge\.test\/(.+)\/pull\/(\d+)/.exec(command);
  if (match === null) return world.judge.fail(world, `nobody can open ${command}`);
  const [, repo = '', number = ''] = match;
  const pull = world.forge.truth(repo, Number(number));
  if (pull.state !== 'open') return;
  if (pull.draft && readBranch(pull.head)?.kind === 'root')
    world.judge.fail(world, `#${pull.number} is to be merged, and is a draft`);
  const by = { kind: 'person' } as const;
  world.forge.setDraft(repo, pull.number, false, by);
  const sha = world.forge.headSha(world.forge.repo(repo), pull);
  const outcome = world.forge.merge(repo, pull.number, sha, by);
  if (outcome.kind !== 'merged') world.forge.close(repo, pull.number, by);
}
