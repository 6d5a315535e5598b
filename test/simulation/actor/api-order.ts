import type { Edit, PlanView } from '../../../core/contract/plan.ts';
import { taskSpecSchema } from '../../../core/contract/task.ts';
import { sendMessage } from '../../../core/engine/attempt/message.ts';
import {
  approvePlan,
  cancelPlan,
  editPlan,
  rejectPlan,
} from '../../../core/engine/command/plan.ts';
import { recoverPlan } from '../../../core/engine/command/recover-plan.ts';
import { restartPlan } from '../../../core/engine/command/restart-plan.ts';
import {
  approveTask,
  cancelTask,
  finishTask,
  requestChanges,
  retryTask,
  unblockTask,
} from '../../../core/engine/command/task.ts';
import type { EngineDeps } from '../../../core/engine/deps.ts';
import { readGraph } from '../../../core/engine/view/read.ts';
import { knownTask } from '../scenario.ts';
import type { World } from '../world.ts';
import { insist, ME, order, orderOnce, send } from './api-call.ts';

// What a person orders at the API without being asked.

/** What was approved is what its tasks wait for: read as a client, by the revision that is named. */
export async function approve(world: World, view: PlanView): Promise<void> {
  const { id, revision } = view;
  const known = world.judge.plans.get(id);
  if (known !== undefined && !known.simple && view.status === 'pending_approval') {
    const graph = await insist(world, 'graph', (deps) => readGraph(deps, id, revision));
    const first = known.tasks[0]?.repo ?? '';
    known.tasks = graph.tasks.map((task) => knownTask(task, first));
  }
  await order(world, 'plan approve', (deps) => approvePlan(deps, id, revision || 1, ME));
}

/** One task more, or one more edge; now and then by two people at once, of whom only one can replace the revision. */
export async function editSomething(world: World, view: PlanView): Promise<void> {
  const edits = Array.from({ length: world.random.chance(0.3) ? 2 : 1 }, () => edit(world, view));
  const accepted = (await Promise.all(edits)).flat().filter((isAccepted) => isAccepted);
  if (accepted.length > 1)
    world.judge.fail(world, `two edits of revision ${view.revision} of ${view.id} were accepted`);
}

function edit(world: World, view: PlanView): Promise<boolean[]> {
  const { random } = world;
  const tasks = world.judge.plans.get(view.id)?.tasks ?? [];
  const [first, last] = [tasks[0], tasks.at(-1)];
  if (first === undefined || last === undefined) return Promise.resolve([]);
  const id = `x${view.revision}`;
  const added = taskSpecSchema.parse({
    id,
    description: 'Teach the parser of src one thing more about comments',
    dependsOn: [random.pick(tasks).id],
    scope: [`src/${id}.ts`],
    repo: first.repo,
  });
  const change: Edit =
    first === last || random.chance(0.5)
      ? { op: 'add_task', task: added }
      : { op: 'add_edge', from: first.id, to: last.id };
  const input = { revision: view.revision, edits: [change] };
  return send(world, () =>
    orderOnce(world, `plan edit ${change.op}`, (deps) => editPlan(deps, view.id, input, ME)),
  );
}

export function approveWork(world: World, plan: string, task: string): Promise<boolean> {
  world.judge.commitments.approve(plan, task);
  return order(world, `approve ${task}`, (deps) => approveTask(deps, plan, task, ME));
}

type TaskOrder = Parameters<typeof order>[2];

export async function orderSomething(world: World, view: PlanView): Promise<void> {
  const { random } = world;
  const plan = view.id;
  const tasks = world.judge.plans.get(plan)?.tasks.map((one) => one.id) ?? [];
  const task = random.pick([...tasks, 'end']);
  const orders: readonly (readonly [string, TaskOrder])[] = [
    ['cancel', (deps) => cancelTask(deps, plan, task, '', ME)],
    ['cancel', (deps) => cancelTask(deps, plan, task, '', ME)],
    ['retry', (deps) => retryTask(deps, plan, task, ME)],
    ['unblock', (deps) => unblockTask(deps, plan, task, ME)],
    ['request changes of', (deps) => askChanges(world, deps, plan, task)],
    ['finish', (deps) => finishTask(deps, plan, task, ME)],
    ['message', (deps) => sendMessage(deps, plan, task, { text: 'hm' }, ME)],
    ['recover', (deps) => recoverPlan(deps, plan)],
  ];
  if (random.chance(0.1)) return approve(world, view);
  if (random.chance(0.1)) await approveWork(world, plan, task);
  else {
    const [what, act] = random.pick(orders);
    await order(world, `${what} ${task}`, act);
  }
}

/** What is sent twice may be heard twice. */
function askChanges(world: World, deps: EngineDeps, plan: string, task: string): Promise<unknown> {
  world.judge.commitments.askChanges(plan, task);
  return requestChanges(deps, plan, task, 'please', ME);
}

export async function stopSomething(world: World, view: PlanView): Promise<void> {
  const plan = view.id;
  const { random } = world;
  if (view.status === 'pending_approval' && random.chance(0.5)) await reject(world, plan);
  else if (random.chance(0.5))
    await order(world, 'cancel plan', (deps) => cancelPlan(deps, plan, '', ME));
  else await restart(world, view);
}

async function reject(world: World, plan: string): Promise<void> {
  const isRejected = await order(world, 'reject plan', (deps) => rejectPlan(deps, plan, '', ME));
  if (isRejected) world.judge.commitments.reject(plan);
}

export async function restart(world: World, { id, run }: PlanView): Promise<void> {
  const { commitments } = world.judge;
  commitments.askRestart(id);
  await order(world, `restart plan ${id}`, async (deps) => {
    const { state } = await restartPlan(deps, id, run, ME);
    // One that is being activated is as good as restarted.
    if (state.run > run) commitments.cancelled(world, { id, run });
  });
}
