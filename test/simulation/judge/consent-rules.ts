import type { By, SimPull, SimRepository } from '../forge/forge-state.ts';
import { reviewsOf } from '../forge/forge-state.ts';
import type { World } from '../world.ts';
import type { Judge } from './judge.ts';
import { isEndTask, LATE_MS, readBranch } from './names.ts';

/** What people and checks had said of a commit that the engine merges. */
export function judgeConsent(
  judge: Judge,
  world: World,
  repository: SimRepository,
  pull: SimPull,
  { commit, by }: { readonly commit: string; readonly by: By },
): void {
  const { now } = world.loop;
  const check = repository.checks.get(commit);
  if (check !== undefined && (!check.green || check.endsAt > now))
    judge.recordViolation(world, `#${pull.number} was merged although its check was not green`);
  const head = readBranch(pull.head);
  if (head?.kind !== 'task' || isEndTask(head.task)) return;
  const { needsReview = false } = judge.knownPlans.get(head.plan) ?? {};
  // With nothing to verify by it is people who look.
  const isUnseen = judge.evidence.every((one) => one.commit !== commit || one.empty);
  if (
    (needsReview || isUnseen) &&
    !judge.commitments.approvedTasks.has(`${head.plan} ${head.task}`)
  )
    judge.recordViolation(world, `#${pull.number} was merged, and nobody approved it`);
  const said = pull.reviews.filter((one) => one.authorCanWrite && one.commit === commit).at(-1);
  const readAt = by.kind === 'engine' ? by.readAt(repository.name, reviewsOf(pull.number)) : 0;
  const isHeard = said !== undefined && said.at < Math.max(readAt, now - LATE_MS);
  if (isHeard && said.state === 'changes_requested' && judge.commitments.lastOrderAt < said.at)
    judge.recordViolation(world, `#${pull.number} was merged although changes were asked for`);
}
