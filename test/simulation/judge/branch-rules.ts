import type { ForgeActor, SimPull, SimRepository } from '../forge/forge-state.ts';
import type { World } from '../world.ts';
import type { Judge } from './judge.ts';
import type { Branch } from './names.ts';
import { formatRootBranch, parseBranch, shortenSha } from './names.ts';

// Rules for branches: the engine moves task branches only to reported commits and root branches only by merges, never by
// force, and deletes no branch in use.

/** Change of a branch. `from` is undefined for a new branch, `to` for a deletion. */
export type BranchMove = {
  readonly branch: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly by: ForgeActor;
};

export function judgeBranchMove(
  judge: Judge,
  world: World,
  repository: SimRepository,
  { branch, from, to, by }: BranchMove,
): void {
  if (by.kind !== 'engine') return;
  const owned = parseBranch(branch);
  if (owned === undefined) {
    judge.recordViolation(world, `the engine moved ${branch}, which belongs to no plan`);
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
  owned: Branch,
  to: string,
): void {
  if (owned.kind === 'attempt')
    judge.recordViolation(world, `the engine created an attempt branch at ${shortenSha(to)}`);
  if (owned.kind === 'task') judgeHead(judge, world, owned, to);
  const main = repository.branches.get('main');
  if (owned.kind === 'root' && main !== undefined && !repository.graph.isAncestor(to, main))
    judge.recordViolation(
      world,
      `the root of ${owned.plan} starts at ${shortenSha(to)}, which is not in main`,
    );
}

function judgeMove(
  judge: Judge,
  world: World,
  repository: SimRepository,
  move: {
    readonly branch: string;
    readonly owned: Branch;
    readonly from: string;
    readonly to: string;
  },
): void {
  const { branch, owned, from, to } = move;
  if (owned.kind === 'attempt')
    judge.recordViolation(world, `the engine moved an attempt branch: ${branch}`);
  if (!repository.graph.isAncestor(from, to))
    judge.recordViolation(
      world,
      `the engine moved ${branch} by force from ${shortenSha(from)} to ${shortenSha(to)}`,
    );
  if (owned.kind === 'task') judgeHead(judge, world, owned, to);
  if (owned.kind === 'root' && to !== judge.lastMerge)
    judge.recordViolation(world, `the engine moved ${branch} to ${shortenSha(to)} without a merge`);
}

function judgeHead(
  judge: Judge,
  world: World,
  { task }: Branch & { readonly kind: 'task' },
  to: string,
): void {
  if (!judge.mergeableCommits.has(to))
    judge.recordViolation(
      world,
      `the branch of ${task} is at ${shortenSha(to)}, which no attempt reported in time`,
    );
}

function judgeDeletion(
  judge: Judge,
  world: World,
  repository: SimRepository,
  branch: string,
  owned: Branch,
): void {
  if (owned.kind === 'scratch') return;
  const openPull = repository.pulls.find(
    (pull) =>
      (pull.head === branch || pull.base === branch) &&
      pull.state === 'open' &&
      // A person retargeted the pull request.
      !isRetargetedPull(world, pull) &&
      !judge.reopenedPulls.has(`${repository.name}#${pull.number}`),
  );
  if (openPull !== undefined)
    judge.recordViolation(world, `the engine deleted ${branch} while #${openPull.number} was open`);
  const { plan, run } = owned;
  const delivered = formatRootBranch(plan, run);
  const isOver = repository.pulls.some((pull) => {
    const head = parseBranch(pull.head);
    const isSimple = head?.kind === 'task' && judge.knownPlans.get(plan)?.isSimple === true;
    const isDelivery = pull.head === delivered || (isSimple && head.plan === plan);
    return isDelivery && pull.state !== 'open';
  });
  const cancelledRun = judge.commitments.cancelledPlans.get(plan)?.run ?? 0;
  if (!isOver && cancelledRun < run && !hasFollowingRun(judge, plan, run))
    judge.recordViolation(world, `the engine deleted ${branch}, whose run is not over`);
}

/** True when a later run has begun; its restart may have had no answer. */
function hasFollowingRun({ moves }: Judge, plan: string, run: number): boolean {
  return moves.some(({ branch }) => {
    const owned = parseBranch(branch.split(' ')[1] ?? '');
    return owned?.kind === 'root' && owned.plan === plan && owned.run > run;
  });
}

/** True for a task's pull request whose base a person changed to main; pull requests of simple plans belong there. */
export function isRetargetedPull(world: World, pull: SimPull): boolean {
  const head = parseBranch(pull.head);
  if (head?.kind !== 'task' || pull.base !== 'main') return false;
  return world.judge.knownPlans.get(head.plan)?.isSimple === false;
}
