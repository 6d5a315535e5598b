import type { Edit, PlanView } from '../../../core/contract/plan.ts';
import { taskSpecSchema } from '../../../core/contract/task.ts';
import { sendMessage } from '../../../core/engine/attempt/attempt-messages.ts';
import { approvePlan } from '../../../core/engine/command/approve-plan.ts';
import { cancelPlan } from '../../../core/engine/command/cancel-plan.ts';
import { closePlan } from '../../../core/engine/command/close-plan.ts';
import { decideBase } from '../../../core/engine/command/decide-base.ts';
import { editPlan } from '../../../core/engine/command/edit-plan.ts';
import { recoverPlan } from '../../../core/engine/command/recover-plan.ts';
import { rejectPlan } from '../../../core/engine/command/reject-plan.ts';
import { restartPlan } from '../../../core/engine/command/restart-plan.ts';
import {
  approveTask,
  cancelTask,
  finishTask,
  requestChanges,
  retryTask,
  unblockTask,
} from '../../../core/engine/command/task-commands.ts';
import type { EngineDeps } from '../../../core/engine/engine-deps.ts';
import { readGraph } from '../../../core/engine/view/read-view.ts';
import { parseBranch } from '../judge/names.ts';
import { createKnownTask } from '../scenario.ts';
import type { World } from '../world.ts';
import {
  issueCommand,
  issueCommandOnce,
  PERSON_EMAIL,
  retryUntilAnswered,
  sendMaybeTwice,
} from './issue-command.ts';

// Commands of a person at the API.

/** Approves a plan. First reads the tasks of the revision, as a client does, so that the judge knows the approved tasks. */
export async function issuePlanApproval(world: World, view: PlanView): Promise<void> {
  const { id, revision } = view;
  const knownPlan = world.judge.knownPlans.get(id);
  if (knownPlan !== undefined && !knownPlan.isSimple && view.status === 'pending_approval') {
    const graph = await retryUntilAnswered(world, 'graph', (deps) => readGraph(deps, id, revision));
    const defaultRepo = knownPlan.tasks[0]?.repo ?? '';
    knownPlan.tasks = graph.tasks.map((task) => createKnownTask(task, defaultRepo));
  }
  await issueCommand(world, 'approve plan', (deps) =>
    approvePlan(deps, id, revision || 1, PERSON_EMAIL),
  );
}

/** Edits a plan; sometimes two people edit the same revision at once, and the engine must accept only one edit. */
export async function issueRandomEdit(world: World, view: PlanView): Promise<void> {
  const edits = Array.from({ length: world.random.chance(0.3) ? 2 : 1 }, () =>
    issuePlanEdit(world, view),
  );
  const accepted = (await Promise.all(edits)).flat().filter((isAccepted) => isAccepted);
  if (accepted.length > 1)
    world.judge.recordViolation(
      world,
      `two edits of revision ${view.revision} of plan ${view.id} were accepted`,
    );
}

function issuePlanEdit(world: World, view: PlanView): Promise<boolean[]> {
  const { random } = world;
  const tasks = world.judge.knownPlans.get(view.id)?.tasks ?? [];
  const [first, last] = [tasks[0], tasks.at(-1)];
  if (first === undefined || last === undefined) return Promise.resolve([]);
  const id = `x${view.revision}`;
  const added = taskSpecSchema.parse({
    id,
    description: 'Teach the parser of src to accept nested comments',
    dependsOn: [random.pick(tasks).id],
    scope: [`src/${id}.ts`],
    repo: first.repo,
  });
  const change: Edit =
    first === last || random.chance(0.5)
      ? { op: 'add_task', task: added }
      : { op: 'add_edge', from: first.id, to: last.id };
  const input = { revision: view.revision, edits: [change] };
  return sendMaybeTwice(world, () =>
    issueCommandOnce(world, `edit plan: ${change.op}`, (deps) =>
      editPlan(deps, view.id, input, PERSON_EMAIL),
    ),
  );
}

/** Approves the commit that the newest pull request of the task shows. */
export function issueTaskApproval(world: World, plan: string, task: string): Promise<boolean> {
  const commit = findShownCommit(world, plan, task);
  const { commitments } = world.judge;
  if (commit === undefined) commitments.recordApprovalWithoutCommit(world, plan, task);
  else commitments.recordApproval(plan, task, commit);
  return issueCommand(world, `approve task ${task}`, (deps) =>
    approveTask(deps, plan, task, PERSON_EMAIL, commit),
  );
}

/** Accepts a task without changes, or requests changes. */
export async function decideUnchangedTask(world: World, plan: string, task: string): Promise<void> {
  if (world.faults.isActive && world.random.chance(0.3)) {
    await issueCommand(world, `request changes of task ${task}`, (deps) =>
      issueChangeRequest(world, deps, plan, task),
    );
    return;
  }
  world.judge.commitments.recordApprovalWithoutCommit(world, plan, task);
  await issueCommand(world, `accept task ${task} without changes`, (deps) =>
    approveTask(deps, plan, task, PERSON_EMAIL),
  );
}

function findShownCommit({ forge }: World, plan: string, task: string): string | undefined {
  const shown = [...forge.repositories.values()].flatMap((repository) =>
    repository.pulls
      .filter(({ head }) => {
        const owner = parseBranch(head);
        return owner?.kind === 'task' && owner.plan === plan && owner.task === task;
      })
      .map((pull) => forge.readHeadSha(repository, pull)),
  );
  return shown.at(-1);
}

type TaskCommand = Parameters<typeof issueCommand>[2];

/** Issues a random command on a random task, or approves the plan. */
export async function issueRandomTaskCommand(world: World, view: PlanView): Promise<void> {
  const { random } = world;
  const plan = view.id;
  const tasks = world.judge.knownPlans.get(plan)?.tasks.map(({ id }) => id) ?? [];
  const task = random.pick([...tasks, 'end']);
  const commands: readonly (readonly [string, TaskCommand])[] = [
    ['cancel', (deps) => cancelTask(deps, plan, task, '', PERSON_EMAIL)],
    ['cancel', (deps) => cancelTask(deps, plan, task, '', PERSON_EMAIL)],
    ['retry', (deps) => retryTask(deps, plan, task, PERSON_EMAIL)],
    ['unblock', (deps) => unblockTask(deps, plan, task, PERSON_EMAIL)],
    ['request changes of', (deps) => issueChangeRequest(world, deps, plan, task)],
    ['finish', (deps) => finishTask(deps, plan, task, PERSON_EMAIL)],
    ['send a message to', (deps) => sendMessage(deps, plan, task, { text: 'hm' }, PERSON_EMAIL)],
    ['recover the plan of', (deps) => recoverPlan(deps, plan)],
  ];
  if (random.chance(0.1)) return issuePlanApproval(world, view);
  if (random.chance(0.1)) await issueTaskApproval(world, plan, task);
  else {
    const [verb, command] = random.pick(commands);
    await issueCommand(world, `${verb} task ${task}`, command);
  }
}

/** Requests changes. A request that is sent twice is recorded twice, because the engine may accept both. */
function issueChangeRequest(
  world: World,
  deps: EngineDeps,
  plan: string,
  task: string,
): Promise<unknown> {
  world.judge.commitments.recordChangeRequest(plan, task);
  return requestChanges(deps, plan, task, 'please', PERSON_EMAIL);
}

/** Rejects, cancels or restarts the plan. */
export async function issueRandomStop(world: World, view: PlanView): Promise<void> {
  const plan = view.id;
  const { random } = world;
  if (view.status === 'pending_approval' && random.chance(0.5)) await issueRejection(world, plan);
  else if (random.chance(0.5))
    await issueCommand(world, 'cancel plan', (deps) => cancelPlan(deps, plan, '', PERSON_EMAIL));
  else await issueRestart(world, view);
}

async function issueRejection(world: World, plan: string): Promise<void> {
  const isRejected = await issueCommand(world, 'reject plan', (deps) =>
    rejectPlan(deps, plan, '', PERSON_EMAIL),
  );
  if (isRejected) world.judge.commitments.recordRejection(plan);
}

/** Dismisses a plan. The engine may then delete the branches of all runs. */
export async function issueClose(world: World, { id, run }: PlanView): Promise<void> {
  world.judge.commitments.recordCancellation(world, { id, run });
  await issueCommand(world, `close plan ${id}`, (deps) => closePlan(deps, id, '', PERSON_EMAIL));
}

/** Decides about a red base commit, as its waiting item offers. */
export async function issueBaseDecision(world: World, view: PlanView): Promise<void> {
  const decision = world.drawBaseDecision();
  if (decision === 'restart') return issueRestart(world, view);
  if (decision === 'continue') world.judge.bases.recordContinuation(view.id);
  const isConfirmed = await issueCommand(world, `plan base ${decision}`, (deps) =>
    decideBase(deps, view.id, decision, PERSON_EMAIL),
  );
  if (decision === 'continue' && isConfirmed) world.judge.bases.recordConfirmation(view);
}

export async function issueRestart(world: World, { id, run }: PlanView): Promise<void> {
  const { commitments } = world.judge;
  commitments.clearRejection(id);
  await issueCommand(world, `restart plan ${id}`, async (deps) => {
    const base = run % 2 === 0 ? 'current' : 'same';
    const request = { run, base, closeReady: true } as const;
    const { state } = await restartPlan(deps, id, request, PERSON_EMAIL);
    // A restart during the activation keeps the run.
    if (state.run > run) commitments.recordCancellation(world, { id, run });
  });
}
