import { isAppError } from '../../base/app-error.ts';
import type { MergeQueueKey } from '../../contract/id.ts';
import type {
  MergeQueueEntry,
  MergeQueueState,
  StoredMergeQueue,
} from '../../store/merge-queue-store.ts';
import {
  loadFrontEntry,
  loadMergeQueue,
  removeMergeQueueEntry,
  saveMergeQueue,
} from '../../store/merge-queue-store.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import { enqueueWakeUps } from '../announce/enqueue-wake-ups.ts';
import { applyTask } from '../apply/apply-task.ts';
import { isPausing, recordPauseFor } from '../apply/record-pause-for.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { mergeFront } from './merge-front.ts';
import type { MergeStep } from './record-front-event.ts';
import { completeMerge } from './release-dependents.ts';

// The merge queue of a root branch: one worker at a time, strictly in order. The lease only says when another may look;
// every write is over the version that was read, so a worker that lost the lane cannot write.

/** Longer than a handler may run. */
const LEASE_MS = 70_000;
const MAX_MERGE_STEPS = 25;

/**
 * `busy`: another worker holds the lane, or it is no longer due at `dueAt`, which the message says. `waiting`: the head of the
 * lane waits; the lane is due by itself.
 */
export async function advanceQueue(
  deps: EngineDeps,
  key: MergeQueueKey,
  dueAt?: number,
): Promise<'empty' | 'busy' | 'waiting'> {
  let lane = await acquireQueue(deps, key, dueAt);
  if (lane === undefined) return 'busy';
  for (let step = 0; step < MAX_MERGE_STEPS; step += 1) {
    const entry = findMergingEntry(lane) ?? (await loadFrontEntry(deps.table, key));
    if (entry === undefined) return (await releaseQueue(deps, lane, undefined)) ? 'empty' : 'busy';
    const stepped = await runMergeStep(deps, lane, entry);
    if (stepped === undefined) return 'busy';
    if (stepped.waitMs !== undefined)
      return (await releaseQueue(deps, stepped.queue, stepped.waitMs)) ? 'waiting' : 'busy';
    lane = stepped.queue;
  }
  await releaseQueue(deps, lane, 1_000);
  return 'waiting';
}

/** Once the forge was asked to merge one, that one is asked about until it is merged or refused, whoever comes before it. */
function findMergingEntry({ state }: StoredMergeQueue): MergeQueueEntry | undefined {
  if (state.phase !== 'merging' || state.task === undefined || state.at === undefined)
    return undefined;
  return { task: state.task, at: state.at };
}

async function acquireQueue(
  deps: EngineDeps,
  key: MergeQueueKey,
  dueAt: number | undefined,
): Promise<StoredMergeQueue | undefined> {
  const lane = await loadMergeQueue(deps.table, key);
  const now = deps.clock.now();
  if (lane.state.leaseUntil > now || (dueAt !== undefined && lane.dueAt !== dueAt))
    return undefined;
  const next: MergeQueueState = {
    ...lane.state,
    leaseUntil: now + LEASE_MS,
    fence: lane.state.fence + 1,
  };
  return saveMergeQueue(deps.table, lane, next, now + LEASE_MS);
}

/** Lets go of the lane; with a wait it is due then, whoever is there. */
async function releaseQueue(
  deps: EngineDeps,
  lane: StoredMergeQueue,
  waitMs: number | undefined,
): Promise<boolean> {
  const dueAt = waitMs === undefined ? undefined : deps.clock.now() + waitMs;
  const saved = await saveMergeQueue(deps.table, lane, { ...lane.state, leaseUntil: 0 }, dueAt);
  if (waitMs !== undefined && waitMs <= 60_000)
    await enqueueWakeUps(
      deps,
      [{ type: 'merge_queue', v: 1, ...lane.key, dueAt }],
      Math.ceil(waitMs / 1_000),
    );
  return saved !== undefined;
}

type StepOutcome = { readonly queue: StoredMergeQueue; readonly waitMs?: number };
type FailureOutcome =
  | (StepOutcome & { readonly kind: 'stays' })
  | { readonly kind: 'left'; readonly queue: StoredMergeQueue };

/** Undefined: the lane was lost on the way. */
async function runMergeStep(
  deps: EngineDeps,
  lane: StoredMergeQueue,
  entry: MergeQueueEntry,
): Promise<StepOutcome | undefined> {
  let step: MergeStep;
  try {
    step = await mergeFront(deps, lane, entry);
    if (step.kind === 'left' && step.merged !== undefined)
      await completeMerge(deps, step.merged, step.dependents);
  } catch (error) {
    const failed = await handleStepFailure(deps, lane, entry, error);
    if (failed?.kind !== 'left') return failed;
    step = failed;
  }
  if (step.kind === 'lost') return undefined;
  if (step.kind === 'wait') return { queue: step.queue, waitMs: step.waitMs };
  await removeMergeQueueEntry(deps.table, lane.key, entry);
  const cleared: MergeQueueState = {
    ...step.queue.state,
    task: undefined,
    at: undefined,
    phase: undefined,
    pendingChecks: undefined,
    mergeRefusals: 0,
  };
  const saved = await saveMergeQueue(deps.table, step.queue, cleared, deps.clock.now() + LEASE_MS);
  return saved === undefined ? undefined : { queue: saved };
}

/**
 * A rule that the forge names ends in `blocked`; a refusal for a while waits; what fails in another way is counted on the
 * task, so that it cannot hold the lane for ever.
 */
async function handleStepFailure(
  deps: EngineDeps,
  lane: StoredMergeQueue,
  entry: MergeQueueEntry,
  error: unknown,
): Promise<FailureOutcome | undefined> {
  const now = deps.clock.now();
  const why = error instanceof Error ? error.message : String(error);
  deps.log.warn('merge lane step failed', { ...lane.key, task: entry.task, cause: why });
  const current = await loadMergeQueue(deps.table, lane.key);
  if (current.state.fence !== lane.state.fence) return undefined;
  if (isPausing(error)) {
    const until = await recordPauseFor(deps, error, lane.key);
    return { kind: 'stays', queue: current, waitMs: until - now };
  }
  if (isAppError(error, 'transient')) return { kind: 'stays', queue: current, waitMs: 5_000 };
  const event: TaskEvent = isAppError(error, 'refused')
    ? { type: 'forge_refused', rule: why }
    : { type: 'faulted', why };
  const key = { ...lane.key, task: entry.task };
  const applied = await applyTask(deps, key, event, { actor: 'lane' });
  // One that has ended, or is blocked already, counts nothing more: its forge may be gone for good.
  if (applied.kind === 'noop') return { kind: 'left', queue: current };
  return { kind: 'stays', queue: current, waitMs: event.type === 'faulted' ? 5_000 : 1_000 };
}
