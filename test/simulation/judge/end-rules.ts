import type { PlanWatch } from '../actor/api-person.ts';
import type { World } from '../world.ts';
import { readBranch, rootName } from './branch-name.ts';
import { taskId } from './judge.ts';

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
    if (view.status !== 'complete' || plan === undefined || plan.simple) continue;
    for (const { id, repo } of plan.tasks) {
      const repository = world.forge.repo(repo);
      const base = repository.branches.get(rootName(view.id, view.run));
      if (isSwept && base !== undefined)
        judge.fail(world, `the branches of ${view.id}, which is complete, were never deleted`);
      const heads = judge.heads.get(taskId({ plan: view.id, run: view.run, task: id })) ?? [];
      const root = base ?? judge.lastRoot(repo, view.id, view.run);
      if (root === undefined || ![...heads].some((head) => repository.graph.isAncestor(head, root)))
        judge.fail(world, `plan ${view.id} is complete without ${id}`);
    }
  }
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
