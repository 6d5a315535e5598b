import type { ForgeActor, SimPull, SimRepository } from '../forge/forge-state.ts';
import { toReviewsKey } from '../forge/forge-state.ts';
import { listLastReviews } from '../forge/last-reviews.ts';
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
  // A repair that changed nothing does not answer the request behind the repair, so a person must approve the merge.
  const isUnchanged = judge.evidence.some((entry) => entry.commit === commit && entry.isUnchanged);
  if (
    (needsReview || isUnverified || isUnchanged) &&
    !judge.commitments.approvals.has(`${head.plan} ${head.task} ${commit}`)
  )
    judge.recordViolation(world, `${name} was merged without an approval of its commit`);
  const readAt =
    actor.kind === 'engine' ? actor.getReadTime(repository.name, toReviewsKey(pull.number)) : 0;
  const { lastCommandAt } = judge.commitments;
  const hasKnownObjection = listLastReviews(pull, commit).some((review) => {
    // After a person has commanded the task to go on, a merge call from before the review can still arrive at the open pull request.
    const isLateCallPossible = lastCommandAt > review.at;
    const knownUntil = isLateCallPossible ? readAt : Math.max(readAt, now - MAX_CALL_DELAY_MS);
    return review.state === 'changes_requested' && review.at < knownUntil;
  });
  if (hasKnownObjection)
    judge.recordViolation(
      world,
      `${name} was merged although changes were requested in a review of its commit`,
    );
}
