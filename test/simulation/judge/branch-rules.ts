import type { By, SimPull, SimRepository } from '../forge/forge-state.ts';
import type { World } from '../world.ts';
import type { Judge } from './judge.ts';
import type { Branch } from './names.ts';
import { formatRootBranch, readBranch, shortenSha } from './names.ts';

// What the engine may do to branches: task branches to what was reported, roots by merges alone, nothing by force, and no
// deletion of what is still in use.

export type BranchMove = {
  readonly branch: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly by: By;
};

export function judgeBranchMove(
  judge: Judge,
  world: World,
  repository: SimRepository,
  { branch, from, to, by }: BranchMove,
): void {
  if (by.kind !== 'engine') return;
  const at = readBranch(branch);
  if (at === undefined) {
    judge.recordViolation(world, `the engine moved ${branch}, which is not its own`);
    return;
  }
  if (to === undefined) judgeDeletion(judge, world, repository, branch, at);
  else if (from === undefined) judgeBirth(judge, world, repository, at, to);
  else judgeMove(judge, world, repository, { branch, at, from, to });
}

function judgeBirth(
  judge: Judge,
  world: World,
  repository: SimRepository,
  at: Branch,
  to: string,
): void {
  if (at.kind === 'attempt')
    judge.recordViolation(world, `the engine made a branch of an attempt, at ${shortenSha(to)}`);
  if (at.kind === 'task') judgeHead(judge, world, at, to);
  const main = repository.branches.get('main');
  if (at.kind === 'root' && main !== undefined && !repository.graph.isAncestor(to, main))
    judge.recordViolation(
      world,
      `the root of ${at.plan} begins at ${shortenSha(to)}, which is not in main`,
    );
}

function judgeMove(
  judge: Judge,
  world: World,
  repository: SimRepository,
  move: {
    readonly branch: string;
    readonly at: Branch;
    readonly from: string;
    readonly to: string;
  },
): void {
  const { branch, at, from, to } = move;
  if (at.kind === 'attempt')
    judge.recordViolation(world, `the engine moved the branch of an attempt: ${branch}`);
  if (!repository.graph.isAncestor(from, to))
    judge.recordViolation(
      world,
      `the engine moved ${branch} by force from ${shortenSha(from)} to ${shortenSha(to)}`,
    );
  if (at.kind === 'task') judgeHead(judge, world, at, to);
  if (at.kind === 'root' && to !== judge.lastMerge)
    judge.recordViolation(
      world,
      `the engine moved ${branch} to ${shortenSha(to)}, and merged nothing`,
    );
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
  at: Branch,
): void {
  if (at.kind === 'scratch') return;
  const used = repository.pulls.find(
    (pull) =>
      (pull.head === branch || pull.base === branch) &&
      pull.state === 'open' &&
      // Elsewhere, since a person had it go there.
      !isRetargetedPull(world, pull) &&
      !judge.reopenedPulls.has(`${repository.name}#${pull.number}`),
  );
  if (used !== undefined)
    judge.recordViolation(world, `the engine deleted ${branch} under the open #${used.number}`);
  const { plan, run } = at;
  const delivered = formatRootBranch(plan, run);
  const isOver = repository.pulls.some((pull) => {
    const head = readBranch(pull.head);
    const isSimple = head?.kind === 'task' && judge.knownPlans.get(plan)?.isSimple === true;
    const isDelivery = pull.head === delivered || (isSimple && head.plan === plan);
    return isDelivery && pull.state !== 'open';
  });
  const stopped = judge.commitments.cancelledPlans.get(plan)?.run ?? 0;
  if (!isOver && stopped < run && !hasFollowingRun(judge, plan, run))
    judge.recordViolation(world, `the engine deleted ${branch}, whose run is not over`);
}

/** A run after it has begun: whoever had it restarted may never have been answered. */
function hasFollowingRun({ moves }: Judge, plan: string, run: number): boolean {
  return moves.some(({ branch }) => {
    const at = readBranch(branch.split(' ')[1] ?? '');
    return at?.kind === 'root' && at.plan === plan && at.run > run;
  });
}

/** It goes to the base branch, and is not of a simple plan. */
export function isRetargetedPull(world: World, pull: SimPull): boolean {
  const head = readBranch(pull.head);
  if (head?.kind !== 'task' || pull.base !== 'main') return false;
  return world.judge.knownPlans.get(head.plan)?.isSimple === false;
}
