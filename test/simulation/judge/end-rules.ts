import type { PlanWatch } from '../actor/api-person.ts';
import type { World } from '../world.ts';
import type { KnownPlan } from './judge.ts';
import { formatRootBranch, formatTaskId, parseBranch } from './names.ts';

/** Judges the world after every plan has ended. `isRetentionOver`: the branches of complete plans must have been deleted. */
export function judgeEnd(
  world: World,
  watches: readonly PlanWatch[],
  isRetentionOver: boolean,
): void {
  const { judge } = world;
  for (const pod of world.pods.pods.values())
    if (pod.state !== 'gone')
      judge.recordViolation(
        world,
        `the pod of attempt ${pod.attemptId} still exists after every plan has ended`,
      );
  for (const name of judge.requestedPods.keys())
    judge.recordViolation(world, `the launcher never told the engine that the pod ${name} is gone`);
  judge.notices.judgeEnd(world);
  for (const { submission, view } of watches) {
    if (view === undefined) continue;
    judge.budgets.judgeEnd(world, view);
    const plan = judge.knownPlans.get(submission.id);
    if (view.status === 'cancelled' || view.status === 'closed')
      judgeStoppedPlan(world, view.id, view.status);
    if (view.status === 'closed') judgeDismissedBranches(world, view.id);
    if (view.status !== 'complete' || plan === undefined) continue;
    if (plan.isSimple) judgeSimplePlan(world, plan, view.run, isRetentionOver);
    else judgeComplexPlan(world, plan, view.run, isRetentionOver);
  }
}

function judgeComplexPlan(
  world: World,
  plan: KnownPlan,
  run: number,
  isRetentionOver: boolean,
): void {
  const { judge } = world;
  for (const { id, repo } of plan.tasks) {
    const repository = world.forge.getRepository(repo);
    const currentRoot = repository.branches.get(formatRootBranch(plan.id, run));
    if (isRetentionOver && currentRoot !== undefined) recordUndeletedBranches(world, plan);
    if (judge.commitments.isAcceptedWithoutChange({ plan: plan.id, run, task: id })) continue;
    const heads = judge.headsByTask.get(formatTaskId({ plan: plan.id, run, task: id })) ?? [];
    const root = currentRoot ?? judge.findLastRoot(repo, plan.id, run);
    if (root === undefined || ![...heads].some((head) => repository.graph.isAncestor(head, root)))
      judge.recordViolation(
        world,
        `plan ${plan.id} is complete although its root branch lacks the work of task ${id}`,
      );
  }
}

function judgeSimplePlan(
  world: World,
  plan: KnownPlan,
  run: number,
  isRetentionOver: boolean,
): void {
  for (const { id, repo } of plan.tasks) {
    const { pulls, branches } = world.forge.getRepository(repo);
    const isTaskBranchOfRun = (branch: string): boolean => {
      const owned = parseBranch(branch);
      return owned?.kind === 'task' && owned.plan === plan.id && owned.run === run;
    };
    const hasPull = pulls.some((pull) => isTaskBranchOfRun(pull.head));
    const key = { plan: plan.id, run, task: id };
    if (!hasPull && !world.judge.commitments.isAcceptedWithoutChange(key))
      world.judge.recordViolation(
        world,
        `the simple plan ${plan.id} is complete although no pull request was opened`,
      );
    const remaining = [...branches.keys()].filter(
      (branch) => isTaskBranchOfRun(branch) && !world.judge.lateBranches.has(`${repo} ${branch}`),
    );
    if (isRetentionOver && remaining.length > 0) recordUndeletedBranches(world, plan);
  }
}

function recordUndeletedBranches(world: World, plan: KnownPlan): void {
  world.judge.recordViolation(
    world,
    `the branches of the complete plan ${plan.id} were never deleted, although their retention time is over`,
  );
}

/** A dismissed plan leaves no branch, except a branch of a call that arrived late. */
function judgeDismissedBranches(world: World, plan: string): void {
  for (const { name, branches } of world.forge.repositories.values())
    for (const branch of branches.keys())
      if (parseBranch(branch)?.plan === plan && !world.judge.lateBranches.has(`${name} ${branch}`))
        world.judge.recordViolation(
          world,
          `the branch ${branch} of the closed plan ${plan} still exists`,
        );
}

function judgeStoppedPlan(world: World, plan: string, status: string): void {
  for (const repository of world.forge.repositories.values())
    for (const pull of repository.pulls)
      if (
        pull.state === 'open' &&
        !world.judge.reopenedPulls.has(`${repository.name}#${pull.number}`) &&
        parseBranch(pull.head)?.plan === plan
      )
        world.judge.recordViolation(
          world,
          `pull request #${pull.number} of the ${status} plan ${plan} is still open`,
        );
}
