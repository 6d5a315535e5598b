import type { PlanView } from '../../../core/contract/plan.ts';
import { sendMessage } from '../../../core/engine/attempt/message.ts';
import {
  approvePlan,
  cancelPlan,
  createPlan,
  restartPlan,
} from '../../../core/engine/command/plan.ts';
import { recoverPlan } from '../../../core/engine/command/recover-plan.ts';
import { linkRepository } from '../../../core/engine/command/repository.ts';
import {
  approveTask,
  cancelTask,
  requestChanges,
  retryTask,
  unblockTask,
} from '../../../core/engine/command/task.ts';
import type { EngineDeps } from '../../../core/engine/deps.ts';
import { readPlanView } from '../../../core/engine/view/read.ts';
import { isAppError } from '../../../core/error.ts';
import { callApi } from '../platform.ts';
import type { Submission } from '../scenario.ts';
import type { World } from '../world.ts';

// A person at the API: submits, does what a plan says it waits for, and in bad times orders whatever comes to mind.

const CALLER = { alive: true, cutOffUntil: 0 };
const ME = 'ada@example.com';

export type PlanWatch = { submission: Submission; over: boolean; view?: PlanView };

export async function submit(world: World, submission: Submission): Promise<void> {
  await world.loop.sleep(submission.at);
  world.judge.plans.set(submission.id, submission.known);
  const noHosting = {
    link: () => Promise.reject(new Error('no hosting')),
    unlink: () => Promise.resolve(),
  };
  await insist(world, 'create', async (deps) => {
    for (const { name } of submission.body.repositories)
      await linkRepository(deps, noHosting, { name, forge: 'github' }, ME, () => `r${name.length}`);
    return createPlan(deps, submission.body, ME, submission.id, 'hash');
  });
}

/** Until it is answered. */
async function insist<T>(
  world: World,
  what: string,
  act: (deps: EngineDeps) => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await callApi(world, what, act, CALLER);
    } catch (error) {
      if (!isAppError(error, 'transient') && !isAppError(error, 'paused')) throw error;
      await world.loop.sleep(2_000);
    }
  }
}

/** A refusal is an answer too. */
async function attempt<T>(
  world: World,
  what: string,
  act: (deps: EngineDeps) => Promise<T>,
): Promise<void> {
  try {
    world.tell(`a person orders ${what}`);
    await callApi(world, what, act, CALLER);
  } catch (error) {
    world.tell(`${what} was answered ${error instanceof Error ? error.message : String(error)}`);
    if (!isAppError(error) || error.kind === 'bug') throw error;
  }
}

/** Looks at a plan now and then, for as long as it goes on. */
export async function watchPlan(world: World, watch: PlanWatch): Promise<void> {
  const { id } = watch.submission;
  for (;;) {
    await world.loop.sleep(world.random.between(20_000, 60_000));
    const view = await insist(world, 'view', (deps) => readPlanView(deps, id));
    watch.view = view;
    const { faults, random } = world;
    for (const waiting of view.waiting)
      if (!faults.active || random.chance(0.3)) await resolve(world, view, waiting.command);
    const orders = [
      faults.happens('person_orders') ? orderSomething : undefined,
      faults.happens('person_stops') ? stopSomething : undefined,
    ].filter((order) => order !== undefined);
    for (const order of orders) await order(world, view);
    // An order may have set it going again.
    watch.over = isOver(view) && orders.length === 0;
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
  if (noun === 'plan' && verb === 'approve')
    return attempt(world, what, (deps) => approvePlan(deps, plan, view.revision, ME));
  if (noun === 'plan' && verb === 'restart')
    return attempt(world, what, (deps) => restartPlan(deps, plan, ME));
  if (noun === 'task' && verb === 'approve')
    return attempt(world, what, (deps) => approveTask(deps, plan, task, ME));
  if (noun === 'task' && verb === 'retry')
    return attempt(world, what, (deps) => retryTask(deps, plan, task, ME));
  if (noun === 'task' && verb === 'answer')
    return attempt(world, what, (deps) => sendMessage(deps, plan, task, { text: 'that' }, ME));
  world.judge.fail(world, `a plan waits for a command that nobody knows: ${command}`);
}

/** What the engine asks for is a look at it; then it is merged, or closed where it cannot be. */
async function openPull(world: World, command: string): Promise<void> {
  const match = /forge\.test\/(.+)\/pull\/(\d+)/.exec(command);
  if (match === null) return world.judge.fail(world, `nobody can open ${command}`);
  const [, repo = '', number = ''] = match;
  const pull = world.forge.truth(repo, Number(number));
  if (pull.state !== 'open') return;
  const by = { kind: 'person' } as const;
  world.forge.setDraft(repo, pull.number, false, by);
  const sha = world.forge.headSha(world.forge.repo(repo), pull);
  const outcome = world.forge.merge(repo, pull.number, sha, by);
  if (outcome.kind !== 'merged') world.forge.close(repo, pull.number, by);
}

function orderSomething(world: World, view: PlanView): Promise<void> {
  const { random } = world;
  const plan = view.id;
  const tasks = world.judge.plans.get(plan)?.tasks.map((one) => one.id) ?? [];
  const task = tasks.length === 0 ? 'main' : random.pick([...tasks, 'end']);
  const orders: (() => Promise<void>)[] = [
    () => attempt(world, `cancel ${task}`, (deps) => cancelTask(deps, plan, task, '', ME)),
    () => attempt(world, `retry ${task}`, (deps) => retryTask(deps, plan, task, ME)),
    () => attempt(world, `unblock ${task}`, (deps) => unblockTask(deps, plan, task, ME)),
    () => attempt(world, `approve ${task}`, (deps) => approveTask(deps, plan, task, ME)),
    () =>
      attempt(world, `request changes ${task}`, (deps) =>
        requestChanges(deps, plan, task, 'please', ME),
      ),
    () =>
      attempt(world, `message ${task}`, (deps) =>
        sendMessage(deps, plan, task, { text: 'hm' }, ME),
      ),
    () => attempt(world, 'recover', (deps) => recoverPlan(deps, plan)),
    () => attempt(world, 'approve plan', (deps) => approvePlan(deps, plan, view.revision || 1, ME)),
  ];
  return random.pick(orders)();
}

function stopSomething(world: World, view: PlanView): Promise<void> {
  const plan = view.id;
  return world.random.chance(0.5)
    ? attempt(world, 'cancel plan', (deps) => cancelPlan(deps, plan, '', ME))
    : attempt(world, 'restart plan', (deps) => restartPlan(deps, plan, ME));
}
