import { evidenceHolds } from '../../merge/evidence.ts';
import type { StoredLane } from '../../store/lane-store.ts';
import { loadResult } from '../../store/task-detail.ts';
import { taskKeyOf } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task/event.ts';
import { repositoryOf } from '../apply-plan.ts';
import { applyTask } from '../apply-task.ts';
import type { EngineDeps } from '../deps.ts';
import { checksEvent, reviewEvent } from '../task/review-event.ts';
import { conflict, tryMerge } from './record-step.ts';
import type { Head, Step } from './step.ts';

// Whether the head of a lane may be merged: evidence for it with the root of now, checks, people.

/** While its own event does not wake the lane, it looks by itself. */
export const VERIFYING_MS = 60_000;
/** As many paths as a result may list. */
const MAX_LISTED = 3_000;

export async function proven(deps: EngineDeps, head: Head): Promise<boolean> {
  const { proof, accepted } = head.task.state;
  if (proof === undefined || !proof.green || proof.commit !== head.commit) return false;
  if (proof.root === head.root || proof.empty) return true;
  const repository = repositoryOf(head.plan, head.task.state.repo);
  if (repository.strictMerge) return false;
  const [gained, result] = await Promise.all([
    head.forge.compare(head.task.state.repo, proof.root, head.root),
    loadResult(deps.table, {
      ...taskKeyOf(head.task.state),
      n: proof.attempt ?? accepted?.attempt ?? 0,
    }),
  ]);
  // 300 files are all that a forge shows: more may hide behind them.
  if (gained.files.length >= 300 || result?.outcome !== 'done') return false;
  if (result.changed.length >= MAX_LISTED || result.changedTruncated === true) return false;
  return evidenceHolds({
    evidenceRoot: proof.root,
    root: head.root,
    strict: false,
    gained: gained.files.map((file) => file.path),
    changed: result.changed,
    shared: repository.shared,
  });
}

/** New evidence is made while the lane waits: nothing else can move its root meanwhile. */
export async function verify(deps: EngineDeps, lane: StoredLane, head: Head): Promise<Step> {
  const { state } = head.task;
  // An earlier call may still be on its way, on evidence that holds no longer: a draft refuses it.
  if (lane.state.phase === 'merging') await head.forge.markDraft(state.repo, head.pull);
  // A commit that cannot even be merged needs no verification to be sent back.
  if (head.root !== state.proof?.root && (await tryMerge(deps, head)) === 'conflict')
    return conflict(deps, lane, head);
  await applyTask(
    deps,
    taskKeyOf(state),
    { type: 'verify_wanted', root: head.root },
    { actor: 'lane', loaded: head.task, observed: true },
  );
  const checking: StoredLane = { ...lane, state: { ...lane.state, phase: 'checking' } };
  return { kind: 'wait', lane: checking, waitMs: VERIFYING_MS };
}

/** What a person or a check has said since it joined the lane, or has yet to say. */
export async function findObjection(head: Head): Promise<TaskEvent | undefined> {
  const { state } = head.task;
  const checks = await head.forge.checks(state.repo, head.commit);
  if (checks.state === 'pending') return { type: 'checks_stuck', checks: checks.pending };
  const red = checksEvent(checks);
  if (red !== undefined) return red;
  const { reviews, comments } = await head.forge.reviews(state.repo, head.pull.number);
  const event = reviewEvent(reviews, comments, state.reviewSeen ?? 0, head.commit);
  return event?.type === 'changes_requested' ? event : undefined;
}
