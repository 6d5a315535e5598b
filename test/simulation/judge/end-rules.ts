import type { PlanWatch } from '../actor/api-person.ts';
import type { World } from '../world.ts';
import type { KnownPlan } from './judge.ts';
import { readBranch, rootName, taskId } from './names.ts';

/** What must be so once every plan has ended and the dust has settled; `isSwept`: the time to keep branches is over. */
export function judgeEnd(world: World, watches: readonly PlanWatch[], isSwept: boolean): void {
  const { judge } = world;
  for (const pod of world.pods.pods.values())
    if (pod.state !== 'gone') judge.fail(world, `pod ${pod.attemptId} is left over`);
  for (const name of judge.pods.keys()) judge.fail(world, `pod ${name} was never asked to end`);
  for (const { submission, view } of watches) {
    if (view === undefined) continue;
    const plan = judge.plans.get(submission.id);
    if (view.status === 'cancelled') judgeCancelled(world, view.id);
    if (view.status !== 'complete' || plan === undefined) continue;
    if (plan.simple) judgeSimple(world, plan, view.run, isSwept);
    else judgeComplete(world, plan, view.run, isSwept);
  }
}

function judgeComplete(world: World, plan: KnownPlan, run: number, isSwept: boolean): void {
  const { judge } = world;
  for (const { id, repo } of plan.tasks) {
    const repository = world.forge.repo(repo);
    const base = repository.branches.get(rootName(plan.id, run));
    if (isSwept && base !== undefined) neverDeleted(world, plan);
    const heads = judge.heads.get(taskId({ plan: plan.id, run, task: id })) ?? [];
    const root = base ?? judge.lastRoot(repo, plan.id, run);
    if (root === undefined || ![...heads].some((head) => repository.graph.isAncestor(head, root)))
      judge.fail(world, `plan ${plan.id} is complete without ${id}`);
  }
}

/** With a pull request into the base branch, whatever became of it. */
function judgeSimple(world: World, plan: KnownPlan, run: number, isSwept: boolean): void {
  for (const { repo } of plan.tasks) {
    const { pulls, branches } = world.forge.repo(repo);
    const isOwn = (branch: string): boolean => {
      const at = readBranch(branch);
      return at?.kind === 'task' && at.plan === plan.id && at.run === run;
    };
    const own = pulls.filter((pull) => isOwn(pull.head));
    if (own.length === 0)
      world.judge.fail(world, `the simple plan ${plan.id} is complete without a pull request`);
    const kept = [...branches.keys()].filter(
      (branch) => isOwn(branch) && !world.judge.lateBranches.has(`${repo} ${branch}`),
    );
    if (isSwept && kept.length > 0) neverDeleted(world, plan);
  }
}

function neverDeleted(world: World, plan: KnownPlan): void {
  world.judge.fail(world, `the branches of ${plan.id}, which is complete, were never deleted`);
}

function judgeCancelled(world: World, plan: string): void {
  for (const repository of world.forge.repositories.values())
    for (const pull of repository.pulls)
      if (
        pull.state === 'open' &&
        !world.judge.reopened.has(`${repository.name}#${pull.number}`) &&
        readBranch(pull.head)?.plan === plan
      )
        world.judge.fail(world, `#${pull.number} of the cancelled plan ${plan} is open`);
}
