import type { StoredMergeQueue } from '../../store/merge-queue-store.ts';
import { loadResult } from '../../store/task-detail-store.ts';
import { toTaskKey } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import { requirePlanRepository } from '../apply/apply-plan.ts';
import { applyTask } from '../apply/apply-task.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { buildChecksEvent, buildReviewEvent } from '../pull/review-event.ts';
import { evidenceCoversRoot } from './evidence-covers-root.ts';
import type { MergeQueueFront, MergeStep } from './record-front-event.ts';
import { requestRepairForConflict, tryFrontMerge } from './record-front-event.ts';

// Whether the head of a lane may be merged: evidence for it with the root of now, checks, people.

/** While its own event does not wake the lane, it looks by itself. */
export const VERIFICATION_POLL_MS = 60_000;
/** As many paths as a result may list. */
const MAX_LISTED_PATHS = 3_000;

export async function evidenceIsCurrent(deps: EngineDeps, head: MergeQueueFront): Promise<boolean> {
  const { evidence, accepted } = head.task.state;
  if (evidence === undefined || !evidence.green || evidence.commit !== head.commit) return false;
  if (evidence.root === head.root || evidence.empty) return true;
  const repository = requirePlanRepository(head.plan, head.task.state.repo);
  if (repository.strictMerge) return false;
  const [gained, result] = await Promise.all([
    head.forge.compareCommits(head.task.state.repo, evidence.root, head.root),
    loadResult(deps.table, {
      ...toTaskKey(head.task.state),
      n: evidence.attempt ?? accepted?.attempt ?? 0,
    }),
  ]);
  // 300 files are all that a forge shows: more may hide behind them.
  if (gained.files.length >= 300 || result?.outcome !== 'done') return false;
  if (result.changed.length >= MAX_LISTED_PATHS || result.changedTruncated === true) return false;
  return evidenceCoversRoot({
    evidenceRoot: evidence.root,
    root: head.root,
    strict: false,
    gained: gained.files.map((file) => file.path),
    changed: result.changed,
    shared: repository.shared,
  });
}

/** New evidence is made while the lane waits: nothing else can move its root meanwhile. */
export async function requestVerification(
  deps: EngineDeps,
  lane: StoredMergeQueue,
  head: MergeQueueFront,
): Promise<MergeStep> {
  const { state } = head.task;
  // An earlier call may still be on its way, on evidence that holds no longer: a draft refuses it.
  if (lane.state.phase === 'merging') await head.forge.markDraft(state.repo, head.pull);
  // A commit that cannot even be merged needs no verification to be sent back.
  if (head.root !== state.evidence?.root && (await tryFrontMerge(deps, head)) === 'conflict')
    return requestRepairForConflict(deps, lane, head);
  await applyTask(
    deps,
    toTaskKey(state),
    { type: 'verify_wanted', root: head.root },
    { actor: 'lane', loaded: head.task, observed: true },
  );
  const checking: StoredMergeQueue = { ...lane, state: { ...lane.state, phase: 'checking' } };
  return { kind: 'wait', queue: checking, waitMs: VERIFICATION_POLL_MS };
}

/** What a person or a check has said since it joined the lane, or has yet to say. */
export async function findObjection(head: MergeQueueFront): Promise<TaskEvent | undefined> {
  const { state } = head.task;
  const checks = await head.forge.readChecks(state.repo, head.commit);
  if (checks.state === 'pending') return { type: 'checks_stuck', checks: checks.pending };
  const red = buildChecksEvent(checks);
  if (red !== undefined) return red;
  const { reviews, comments } = await head.forge.readReviews(state.repo, head.pull.number);
  const event = buildReviewEvent(reviews, comments, state.lastHandledReview ?? 0, head.commit);
  return event?.type === 'changes_requested' ? event : undefined;
}
