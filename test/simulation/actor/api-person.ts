import { isAppError } from '../../../core/base/app-error.ts';
import type { PlanView } from '../../../core/contract/plan.ts';
import { hasPlanEnded, waitsForPerson } from '../../../core/contract/plan-status.ts';
import type { Waiting } from '../../../core/contract/waiting.ts';
import { sendMessage } from '../../../core/engine/attempt/attempt-messages.ts';
import { changeBudget } from '../../../core/engine/command/change-budget.ts';
import { createPlan } from '../../../core/engine/command/create-plan.ts';
import { linkRepository } from '../../../core/engine/command/repository-commands.ts';
import { retryTask } from '../../../core/engine/command/task-commands.ts';
import type { EngineDeps } from '../../../core/engine/engine-deps.ts';
import { readHistory, readPlanView } from '../../../core/engine/view/read-view.ts';
import { listLastReviews } from '../forge/last-reviews.ts';
import { parseBranch } from '../judge/names.ts';
import { judgeHistory, judgeModelPause, judgeWaiting } from '../judge/view-rules.ts';
import type { Submission } from '../scenario.ts';
import type { World } from '../world.ts';
import { restorePullBase } from './forge-person.ts';
import { issueCommand, PERSON_EMAIL, retryUntilAnswered, sendMaybeTwice } from './issue-command.ts';
import {
  decideUnchangedTask,
  issueBaseDecision,
  issueClose,
  issuePlanApproval,
  issueRandomEdit,
  issueRandomStop,
  issueRandomTaskCommand,
  issueRestart,
  issueTaskApproval,
} from './plan-commands.ts';

// A person at the API: submits plans, does what a plan waits for, and under faults also issues random commands.

/** Plan under observation by a person. `view`: last read of the plan; `isOver`: the last read showed a finished plan. */
export type PlanWatch = {
  readonly submission: Submission;
  /** True if the person dismisses the plan after its end instead of merging the result. */
  readonly isDismissed: boolean;
  isOver: boolean;
  view?: PlanView;
};

/** Links the repositories of a plan and creates the plan. */
export async function submitPlan(world: World, submission: Submission): Promise<void> {
  await world.loop.sleep(submission.delayMs);
  world.judge.knownPlans.set(submission.id, submission.knownPlan);
  if (submission.body.allowRedBase) world.judge.bases.recordContinuation(submission.id);
  const noRepositoryLinker = {
    link: () => Promise.reject(new Error('the simulation hosts no repositories')),
    unlink: () => Promise.resolve(),
  };
  const create = async (deps: EngineDeps): Promise<unknown> => {
    for (const { name } of submission.body.repositories)
      await linkRepository(
        deps,
        noRepositoryLinker,
        { name, forge: 'github' },
        PERSON_EMAIL,
        () => `r${name.length}`,
      );
    return createPlan(deps, submission.body, PERSON_EMAIL, submission.id, 'hash');
  };
  await sendMaybeTwice(world, () => retryUntilAnswered(world, 'create plan', create));
}

/** Reads the plan every 30 to 120 seconds until the seed ends, and reacts to each view. */
export async function watchPlan(world: World, watch: PlanWatch): Promise<void> {
  const { id } = watch.submission;
  for (;;) {
    await world.loop.sleep(world.random.between(30_000, 120_000));
    const start = world.judge.budgets.beginView(id);
    const view = await retryUntilAnswered(world, 'view', (deps) => readPlanView(deps, id));
    world.judge.budgets.judgeView(world, view, start);
    watch.view = view;
    if (view.status === 'cancelled') world.judge.commitments.recordCancellation(world, view);
    world.judge.commitments.recordForgePause(world, view);
    if (watch.isDismissed && hasPlanEnded(view.status) && view.status !== 'closed') {
      await issueClose(world, view);
      continue;
    }
    const { faults, random } = world;
    if (view.status === 'pending_approval' && faults.drawFault('person_edits_plan'))
      await issueRandomEdit(world, view);
    world.judge.bases.judgeView(world, view);
    judgeWaiting(world.judge, world, view);
    judgeModelPause(world.judge, world, view);
    for (const waiting of view.waiting.filter(waitsForPerson))
      if (!faults.isActive || random.chance(0.3)) await resolveWaiting(world, view, waiting);
    const commands = [
      faults.drawFault('person_commands_task') ? issueRandomTaskCommand : undefined,
      faults.drawFault('person_stops_plan') ? issueRandomStop : undefined,
    ].filter((command) => command !== undefined);
    for (const issueRandomCommand of commands) await issueRandomCommand(world, view);
    // After a command, the view is outdated: the command may have restarted a finished plan.
    const isOver = isPlanOver(view) && commands.length === 0;
    if (isOver && !watch.isOver) await judgeRandomHistory(world, view);
    watch.isOver = isOver;
  }
}

/** Reads and judges the history of a random task of the plan. */
async function judgeRandomHistory(world: World, { id }: PlanView): Promise<void> {
  const tasks = world.judge.knownPlans.get(id)?.tasks ?? [];
  const task = world.random.pick(tasks).id;
  try {
    const history = await retryUntilAnswered(world, 'history', (deps) =>
      readHistory(deps, id, task),
    );
    judgeHistory(world.judge, world, `task ${task} of plan ${id}`, history);
  } catch (error) {
    // A plan that was stopped before its activation has no tasks.
    if (!isAppError(error, 'notFound')) throw error;
  }
}

function isPlanOver(view: PlanView): boolean {
  if (view.status === 'rejected' || view.status === 'cancelled' || view.status === 'closed')
    return true;
  return view.status === 'complete' && view.pulls.every((pull) => pull.state !== 'open');
}

/** Does what the plan waits for. */
async function resolveWaiting(world: World, view: PlanView, waiting: Waiting): Promise<void> {
  const { plan } = waiting;
  switch (waiting.kind) {
    case 'approval':
      return issuePlanApproval(world, view);
    case 'review':
      await issueTaskApproval(world, plan, waiting.task);
      return;
    case 'no_change':
      return decideUnchangedTask(world, plan, waiting.task);
    case 'answer':
      return issueAnswer(world, plan, waiting.task);
    case 'unblock':
      approveObjectedPull(world, plan, waiting.task);
      return issueRetry(world, plan, waiting.task);
    case 'retry':
      if (waiting.task === undefined) return issueRestart(world, view);
      return issueRetry(world, plan, waiting.task);
    case 'merge':
      return mergeLinkedPull(world, waiting.url);
    case 'base_red':
      return issueBaseDecision(world, view);
    case 'budget':
      return raiseBudget(world, plan, waiting.usedTokens);
    case 'base_checking':
    case 'checks':
    case 'model':
      return world.judge.recordViolation(
        world,
        `plan ${plan} waits for a person to resolve "${waiting.kind}", but nothing in the simulation causes such a wait`,
      );
  }
}

/** Share of the views of a used-up budget to which a person reacts; meanwhile, the plan must not start attempts. */
const RAISE_RATE = 0.15;

async function raiseBudget(world: World, plan: string, usedTokens: number): Promise<void> {
  if (!world.random.chance(RAISE_RATE)) return;
  const budget = { maxTokens: usedTokens + world.random.between(200, 4_000) };
  const endRaise = world.judge.budgets.beginRaise(plan);
  await issueCommand(world, `plan budget ${plan}`, (deps) =>
    changeBudget(deps, plan, budget, PERSON_EMAIL).finally(endRaise),
  );
}

async function issueRetry(world: World, plan: string, task: string): Promise<void> {
  restorePullBases(world, plan);
  await issueCommand(world, `task retry ${task}`, (deps) =>
    retryTask(deps, plan, task, PERSON_EMAIL),
  );
}

async function issueAnswer(world: World, plan: string, task: string): Promise<void> {
  await issueCommand(world, `task answer ${task}`, (deps) =>
    sendMessage(deps, plan, task, { text: 'that' }, PERSON_EMAIL),
  );
}

/** Restores the bases of retargeted pull requests, because a blocked task cannot continue with another base. */
function restorePullBases(world: World, plan: string): void {
  for (const repository of world.forge.repositories.values())
    for (const pull of repository.pulls)
      if (pull.state === 'open' && parseBranch(pull.head)?.plan === plan)
        restorePullBase(world, repository.name, pull);
}

/**
 * Lets the reviewers approve the pull request of a task if one of them requests changes of its head. Without such an approval a repair
 * that changes nothing stays blocked. While the faults last, reviewers act on their own.
 */
function approveObjectedPull(world: World, plan: string, task: string): void {
  const { forge, faults } = world;
  if (faults.isActive) return;
  for (const repository of forge.repositories.values())
    for (const pull of repository.pulls) {
      const head = parseBranch(pull.head);
      if (pull.state !== 'open' || head?.kind !== 'task') continue;
      if (head.plan !== plan || head.task !== task) continue;
      const isObjected = (): boolean =>
        listLastReviews(pull, forge.readHeadSha(repository, pull)).some(
          ({ state }) => state === 'changes_requested',
        );
      // The forge picks the author of a review at random.
      for (let tries = 0; tries < 50 && isObjected(); tries += 1)
        forge.addReview(repository.name, pull.number, 'approved');
    }
}

/** Opens the link of a waiting item and merges its pull request, or closes a pull request that cannot be merged. */
async function mergeLinkedPull(world: World, url = ''): Promise<void> {
  const match = /forge\.test\/(.+)\/pull\/(\d+)/.exec(url);
  if (match === null)
    return world.judge.recordViolation(
      world,
      `a plan waits for a merge, but its link names no pull request: "${url}"`,
    );
  const [, repo = '', number = ''] = match;
  const pull = world.forge.getPull(repo, Number(number));
  if (pull.state !== 'open') return;
  if (pull.draft && parseBranch(pull.head)?.kind === 'root')
    world.judge.recordViolation(
      world,
      `a person is asked to merge pull request #${pull.number}, which is a draft`,
    );
  const person = { kind: 'person' } as const;
  world.forge.setDraft(repo, pull.number, false, person);
  const sha = world.forge.readHeadSha(world.forge.getRepository(repo), pull);
  const outcome = world.forge.mergePull(repo, pull.number, sha, person);
  if (outcome.kind !== 'merged') world.forge.closePull(repo, pull.number, person);
}
