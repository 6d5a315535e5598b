import type { PlanWatch } from '../actor/api-person.ts';
import type { World } from '../world.ts';
import type { KnownPlan } from './judge.ts';
import { formatRootBranch, formatTaskId, parseBranch } from './names.ts';

/** Judges the world after every plan has ended. `isSwept`: the retention time of branches is over. */
export function judgeEnd(world: World, watches: readonly PlanWatch[], isSwept: boolean): void {
  const { judge } = world;
  for (const pod of world.pods.pods.values())
    if (pod.state !== 'gone') judge.recordViolation(world, `pod ${pod.attemptId} is left over`);
  for (const name of judge.requestedPods.keys())
    judge.recordViolation(world, `the removal of pod ${name} was never requested`);
  judge.notices.judgeEnd(world);
  for (const { submission, view } of watches) {
    if (view === undefined) continue;
    const plan = judge.knownPlans.get(submission.id);
    if (view.status === 'cancelled') judgeCancelled(world, view.id);
    if (view.status !== 'complete' || plan === undefined) continue;
    if (plan.isSimple) judgeSimple(world, plan, view.run, isSwept);
    else judgeComplete(world, plan, view.run, isSwept);
  }
}

function judgeComplete(world: World, plan: KnownPlan, run: number, isSwept: boolean): void {
  const { judge } = world;
  for (const { id, repo } of plan.tasks) {
    const repository = world.forge.getRepository(repo);
    const base = repository.branches.get(formatRootBranch(plan.id, run));
    if (isSwept && base !== undefined) judgeNoDeletion(world, plan);
    const heads = judge.headsByTask.get(formatTaskId({ plan: plan.id, run, task: id })) ?? [];
    const root = base ?? judge.findLastRoot(repo, plan.id, run);
    if (root === undefined || ![...heads].some((head) => repository.graph.isAncestor(head, root)))
      judge.recordViolation(world, `plan ${plan.id} is complete without ${id}`);
  }
}

/** Judges a complete simple plan, which must have had a pull request into the base branch. */
function judgeSimple(world: World, plan: KnownPlan, run: number, isSwept: boolean): void {
  for (const { repo } of plan.tasks) {
    const { pulls, branches } = world.forge.getRepository(repo);
    const isOwn = (branch: string): boolean => {
      const owned = parseBranch(branch);
      return owned?.kind === 'task' && owned.plan === plan.id && owned.run === run;
    };
    const hasPull = pulls.some((pull) => isOwn(pull.head));
    if (!hasPull)
      world.judge.recordViolation(
        world,
        `the simple plan ${plan.id} is complete without a pull request`,
      );
    const kept = [...branches.keys()].filter(
      (branch) => isOwn(branch) && !world.judge.lateBranches.has(`${repo} ${branch}`),
    );
    if (isSwept && kept.length > 0) judgeNoDeletion(world, plan);
  }
}

function judgeNoDeletion(world: World, plan: KnownPlan): void {
  world.judge.recordViolation(
    world,
    `the branches of the complete plan ${plan.id} were never deleted`,
  );
}

function judgeCancelled(world: World, plan: string): void {
  for (const repository of world.forge.repositories.values())
    for (const pull of repository.pulls)
      if (
        pull.state === 'open' &&
        !world.judge.reopenedPulls.has(`${repository.name}#${pull.number}`) &&
        parseBranch(pull.head)?.plan === plan
      )
        world.judge.recordViolation(world, `#${pull.number} of the cancelled plan ${plan} is open`);
}
