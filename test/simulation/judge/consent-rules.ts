import type { ForgeActor, SimPull, SimRepository } from '../forge/forge-state.ts';
import { toReviewsKey } from '../forge/forge-state.ts';
import type { World } from '../world.ts';
import type { Judge } from './judge.ts';
import { isEndTask, LATE_MS, parseBranch } from './names.ts';

/** Judges a merge by the engine against the reviews and checks of the merged commit. */
export function judgeConsent(
  judge: Judge,
  world: World,
  repository: SimRepository,
  pull: SimPull,
  { commit, by }: { readonly commit: string; readonly by: ForgeActor },
): void {
  const { now } = world.loop;
  const check = repository.checks.get(commit);
  if (check !== undefined && (!check.green || check.endsAt > now))
    judge.recordViolation(world, `#${pull.number} was merged although its check was not green`);
  const head = parseBranch(pull.head);
  if (head?.kind !== 'task' || isEndTask(head.task)) return;
  const { needsReview = false } = judge.knownPlans.get(head.plan) ?? {};
  // Evidence without a verification command is empty, and then a person must approve.
  const isUnverified = judge.evidence.every((entry) => entry.commit !== commit || entry.empty);
  if (
    (needsReview || isUnverified) &&
    !judge.commitments.approvedTasks.has(`${head.plan} ${head.task}`)
  )
    judge.recordViolation(world, `#${pull.number} was merged without an approval`);
  const review = pull.reviews
    .filter(({ authorCanWrite, commit: reviewed }) => authorCanWrite && reviewed === commit)
    .at(-1);
  const readAt = by.kind === 'engine' ? by.readAt(repository.name, toReviewsKey(pull.number)) : 0;
  const wasRead = review !== undefined && review.at < Math.max(readAt, now - LATE_MS);
  if (
    wasRead &&
    review.state === 'changes_requested' &&
    judge.commitments.lastCommandAt < review.at
  )
    judge.recordViolation(world, `#${pull.number} was merged although changes were requested`);
}
