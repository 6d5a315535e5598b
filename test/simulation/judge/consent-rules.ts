import type { ForgeActor, SimPull, SimRepository } from '../forge/forge-state.ts';
import { toReviewsKey } from '../forge/forge-state.ts';
import type { World } from '../world.ts';
import type { Judge } from './judge.ts';
import { isEndTask, MAX_CALL_DELAY_MS, parseBranch } from './names.ts';

/** Judges whether the checks, approvals and reviews of the merged commit allowed the engine to merge. */
export function judgeConsent(
  judge: Judge,
  world: World,
  repository: SimRepository,
  pull: SimPull,
  { commit, actor }: { readonly commit: string; readonly actor: ForgeActor },
): void {
  const { now } = world.loop;
  const name = `pull request #${pull.number}`;
  const check = repository.checks.get(commit);
  if (check !== undefined && (!check.green || check.endsAt > now))
    judge.recordViolation(
      world,
      `${name} was merged although the check of its commit was not green`,
    );
  const head = parseBranch(pull.head);
  if (head?.kind !== 'task' || isEndTask(head.task)) return;
  const { needsReview = false } = judge.knownPlans.get(head.plan) ?? {};
  // In a repository without verification commands, evidence is empty, and a person must approve the merge.
  const isUnverified = judge.evidence.every((entry) => entry.commit !== commit || entry.empty);
  if (
    (needsReview || isUnverified) &&
    !judge.commitments.approvedTasks.has(`${head.plan} ${head.task}`)
  )
    judge.recordViolation(world, `${name} was merged without an approval`);
  const review = pull.reviews
    .filter(({ authorCanWrite, commit: reviewed }) => authorCanWrite && reviewed === commit)
    .at(-1);
  const readAt =
    actor.kind === 'engine' ? actor.getReadTime(repository.name, toReviewsKey(pull.number)) : 0;
  const isReviewKnown =
    review !== undefined && review.at < Math.max(readAt, now - MAX_CALL_DELAY_MS);
  if (
    isReviewKnown &&
    review.state === 'changes_requested' &&
    judge.commitments.lastCommandAt < review.at
  )
    judge.recordViolation(
      world,
      `${name} was merged although changes were requested in a review of its commit`,
    );
}
