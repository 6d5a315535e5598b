import { type By, reviewsOf, type SimPull, type SimRepository } from '../forge/forge-state.ts';
import type { World } from '../world.ts';
import type { Judge } from './judge.ts';
import { isEnd, LATE_MS, readBranch } from './names.ts';

/** What people and checks had said of a commit that the engine merges. */
export function judgeConsent(
  judge: Judge,
  world: World,
  repository: SimRepository,
  pull: SimPull,
  { commit, by }: { commit: string; by: By },
): void {
  const { now } = world.loop;
  const check = repository.checks.get(commit);
  if (check !== undefined && (!check.green || check.endsAt > now))
    judge.fail(world, `#${pull.number} was merged although its check was not green`);
  const head = readBranch(pull.head);
  if (head?.kind !== 'task' || isEnd(head.task)) return;
  const { review = false } = judge.plans.get(head.plan) ?? {};
  // With nothing to verify by it is people who look.
  const isUnseen = judge.evidence.every((one) => one.commit !== commit || one.empty);
  if ((review || isUnseen) && !judge.commitments.approved.has(`${head.plan} ${head.task}`))
    judge.fail(world, `#${pull.number} was merged, and nobody approved it`);
  const said = pull.reviews.filter((one) => one.authorCanWrite && one.commit === commit).at(-1);
  const readAt = by.kind === 'engine' ? by.readAt(repository.name, reviewsOf(pull.number)) : 0;
  const isHeard = said !== undefined && said.at < Math.max(readAt, now - LATE_MS);
  if (isHeard && said.state === 'changes_requested' && judge.commitments.orderedAt < said.at)
    judge.fail(world, `#${pull.number} was merged although changes were asked for`);
}
