import type { ForgeActor, SimPull, SimRepository } from '../forge/forge-state.ts';
import type { World } from '../world.ts';
import type { Judge } from './judge.ts';
import type { OwnedBranch } from './names.ts';
import { formatRootBranch, parseBranch, shortenSha } from './names.ts';

// Rules for branches: the engine moves task branches only to reported commits, moves root branches only by merges, never forces a
// branch, and never deletes a branch in use.

/** Change of a branch from the commit `from` (undefined: new branch) to the commit `to` (undefined: deletion). */
export type BranchMove = {
  readonly branch: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly actor: ForgeActor;
};

export function judgeBranchMove(
  judge: Judge,
  world: World,
  repository: SimRepository,
  { branch, from, to, actor }: BranchMove,
): void {
  if (actor.kind !== 'engine') return;
  const owned = parseBranch(branch);
  if (owned === undefined) {
    judge.recordViolation(
      world,
      `the engine changed the branch ${branch}, which belongs to no plan`,
    );
    return;
  }
  if (to === undefined) judgeDeletion(judge, world, repository, branch, owned);
  else if (from === undefined) judgeCreation(judge, world, repository, owned, to);
  else judgeMove(judge, world, repository, { branch, owned, from, to });
}

function judgeCreation(
  judge: Judge,
  world: World,
  repository: SimRepository,
  owned: OwnedBranch,
  to: string,
): void {
  if (owned.kind === 'attempt')
    judge.recordViolation(
      world,
      `the engine created an attempt branch of plan ${owned.plan}; only bridges create attempt branches`,
    );
  if (owned.kind === 'task') judgeTaskBranchHead(judge, world, owned, to);
  const main = repository.branches.get('main');
  if (owned.kind === 'root' && main !== undefined && !repository.graph.isAncestor(to, main))
    judge.recordViolation(
      world,
      `the engine created the root branch of plan ${owned.plan} at commit ${shortenSha(to)}, which main does not contain`,
    );
}

function judgeMove(
  judge: Judge,
  world: World,
  repository: SimRepository,
  move: {
    readonly branch: string;
    readonly owned: OwnedBranch;
    readonly from: string;
    readonly to: string;
  },
): void {
  const { branch, owned, from, to } = move;
  if (owned.kind === 'attempt')
    judge.recordViolation(
      world,
      `the engine moved the attempt branch ${branch}; only bridges push to attempt branches`,
    );
  if (!repository.graph.isAncestor(from, to))
    judge.recordViolation(
      world,
      `the engine moved the branch ${branch} by force from commit ${shortenSha(from)} to commit ${shortenSha(to)}`,
    );
  if (owned.kind === 'task') judgeTaskBranchHead(judge, world, owned, to);
  if (owned.kind === 'root' && to !== judge.lastMergeCommit)
    judge.recordViolation(
      world,
      `the engine moved the root branch ${branch} to commit ${shortenSha(to)} without merging a pull request`,
    );
}

function judgeTaskBranchHead(
  judge: Judge,
  world: World,
  { task }: OwnedBranch & { readonly kind: 'task' },
  to: string,
): void {
  if (!judge.mergeableCommits.has(to))
    judge.recordViolation(
      world,
      `the engine set the branch of task ${task} to commit ${shortenSha(to)}, which no attempt reported in time and no person pushed`,
    );
}

function judgeDeletion(
  judge: Judge,
  world: World,
  repository: SimRepository,
  branch: string,
  owned: OwnedBranch,
): void {
  if (owned.kind === 'scratch') return;
  const openPull = repository.pulls.find(
    (pull) =>
      (pull.head === branch || pull.base === branch) &&
      pull.state === 'open' &&
      !isRetargetedPull(world, pull) &&
      !judge.reopenedPulls.has(`${repository.name}#${pull.number}`),
  );
  if (openPull !== undefined)
    judge.recordViolation(
      world,
      `the engine deleted the branch ${branch}, which the open pull request #${openPull.number} uses`,
    );
  const { plan, run } = owned;
  const rootBranch = formatRootBranch(plan, run);
  const isOver = repository.pulls.some((pull) => {
    const head = parseBranch(pull.head);
    const isSimple = head?.kind === 'task' && judge.knownPlans.get(plan)?.isSimple === true;
    const isDelivery = pull.head === rootBranch || (isSimple && head.plan === plan);
    return isDelivery && pull.state !== 'open';
  });
  const tasks = judge.knownPlans.get(plan)?.tasks ?? [];
  const hasNothingToDeliver = tasks
    .filter((task) => task.repo === repository.name)
    .every((task) => judge.commitments.isAcceptedWithoutChange({ plan, run, task: task.id }));
  const cancelledRun = judge.commitments.cancelledPlans.get(plan)?.run ?? 0;
  if (!isOver && !hasNothingToDeliver && cancelledRun < run && !hasLaterRun(judge, plan, run))
    judge.recordViolation(
      world,
      `the engine deleted the branch ${branch} although its run is not over`,
    );
}

/**
 * Returns true if the root branch of a later run has moved. Unlike the commands of people, this also covers a restart whose
 * response was lost.
 */
function hasLaterRun({ moves }: Judge, plan: string, run: number): boolean {
  return moves.some(({ branchId }) => {
    const owned = parseBranch(branchId.split(' ')[1] ?? '');
    return owned?.kind === 'root' && owned.plan === plan && owned.run > run;
  });
}

/**
 * Returns true if a person changed the base of a task's pull request to main. Pull requests of simple plans have the base main from
 * the start.
 */
export function isRetargetedPull(world: World, pull: SimPull): boolean {
  const head = parseBranch(pull.head);
  if (head?.kind !== 'task' || pull.base !== 'main') return false;
  return world.judge.knownPlans.get(head.plan)?.isSimple === false;
}
