import { isAppError } from '../../base/app-error.ts';
import { describeError } from '../../base/describe-error.ts';
import type { MergeQueueKey } from '../../contract/id.ts';
import { buildMergeQueueWakeUp } from '../../contract/queue-message.ts';
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
import { enqueueWakeUps } from '../announce-changes.ts';
import { applyTask } from '../apply/apply-transition.ts';
import { isPausing, pauseAfterError } from '../apply/pause-after-error.ts';
import type { EngineDeps, MergeDeps, TaskWriteDeps } from '../engine-deps.ts';
import { mergeFront } from './merge-front.ts';
import type { MergeStep } from './record-front-event.ts';
import { completeMerge } from './release-dependents.ts';

// Worker of the merge queue of a root branch: one worker at a time, strictly in order. After the lease another worker may take over.
// Every write replaces exactly the version read before, so a worker that lost the lease cannot write.

/** Duration of a worker's lease, milliseconds; longer than the timeout of the handler. */
const LEASE_MS = 70_000;
/** Maximum number of steps in one call; a new message continues. */
const MAX_MERGE_STEPS = 25;
/** Maximum wait for which a wake-up message is sent, milliseconds; after longer waits the resync wakes the queue. */
const MAX_WAKE_UP_WAIT_MS = 60_000;

/**
 * Merges the tasks of a queue until the queue is empty or its front has to wait.
 *
 * @param dueAt due time in the message; a queue with another due time is ignored, because the message is outdated
 * @returns `busy` if another worker holds the lease or the queue is not due at `dueAt`; `waiting` if the queue is due again
 */
export async function advanceQueue(
  deps: MergeDeps,
  key: MergeQueueKey,
  dueAt?: number,
): Promise<'empty' | 'busy' | 'waiting'> {
  let queue = await acquireQueue(deps, key, dueAt);
  if (queue === undefined) return 'busy';
  for (let step = 0; step < MAX_MERGE_STEPS; step += 1) {
    const entry = findMergingEntry(queue) ?? (await loadFrontEntry(deps.table, key));
    if (entry === undefined) return (await releaseQueue(deps, queue, undefined)) ? 'empty' : 'busy';
    const outcome = await runMergeStep(deps, queue, entry);
    if (outcome === undefined) return 'busy';
    if (outcome.waitMs !== undefined)
      return (await releaseQueue(deps, outcome.queue, outcome.waitMs)) ? 'waiting' : 'busy';
    queue = outcome.queue;
  }
  await releaseQueue(deps, queue, 1_000);
  return 'waiting';
}

/** Returns the entry whose merge was requested. The entry stays at the front until the forge has merged or refused. */
function findMergingEntry({ state }: StoredMergeQueue): MergeQueueEntry | undefined {
  if (state.phase !== 'merging' || state.task === undefined || state.at === undefined)
    return undefined;
  return { task: state.task, at: state.at };
}

async function acquireQueue(
  deps: Pick<EngineDeps, 'table' | 'clock'>,
  key: MergeQueueKey,
  dueAt: number | undefined,
): Promise<StoredMergeQueue | undefined> {
  const queue = await loadMergeQueue(deps.table, key);
  const now = deps.clock.now();
  const isStaleMessage = dueAt !== undefined && queue.dueAt !== dueAt;
  if (queue.state.leaseUntil > now || isStaleMessage) return undefined;
  const next: MergeQueueState = {
    ...queue.state,
    leaseUntil: now + LEASE_MS,
    fence: queue.state.fence + 1,
  };
  return saveMergeQueue(deps.table, queue, next, now + LEASE_MS);
}

/** Ends the lease. With `waitMs` the queue is due again after this time. Returns false if another worker took over. */
async function releaseQueue(
  deps: Pick<EngineDeps, 'table' | 'queue' | 'clock' | 'log'>,
  queue: StoredMergeQueue,
  waitMs: number | undefined,
): Promise<boolean> {
  const dueAt = waitMs === undefined ? undefined : deps.clock.now() + waitMs;
  const saved = await saveMergeQueue(deps.table, queue, { ...queue.state, leaseUntil: 0 }, dueAt);
  if (waitMs !== undefined && waitMs <= MAX_WAKE_UP_WAIT_MS)
    await enqueueWakeUps(
      deps,
      [buildMergeQueueWakeUp(queue.key, dueAt)],
      Math.ceil(waitMs / 1_000),
    );
  return saved !== undefined;
}

type StepOutcome = {
  readonly queue: StoredMergeQueue;
  /** Milliseconds until the next step; absent: the next step follows at once. */
  readonly waitMs?: number;
};
type FailureOutcome =
  | (StepOutcome & { readonly kind: 'retry' })
  | { readonly kind: 'finished'; readonly queue: StoredMergeQueue };

/** Runs a step at the front of the queue. Returns undefined if the worker lost its lease during the step. */
async function runMergeStep(
  deps: MergeDeps,
  queue: StoredMergeQueue,
  entry: MergeQueueEntry,
): Promise<StepOutcome | undefined> {
  let step: MergeStep;
  try {
    step = await mergeFront(deps, queue, entry);
    if (step.kind === 'finished' && step.merged !== undefined)
      await completeMerge(deps, step.merged, step.dependents);
  } catch (error) {
    const failure = await handleStepFailure(deps, queue, entry, error);
    if (failure?.kind !== 'finished') return failure;
    step = failure;
  }
  if (step.kind === 'lost') return undefined;
  if (step.kind === 'requeue') return { queue: step.queue, waitMs: step.waitMs };
  await removeMergeQueueEntry(deps.table, queue.key, entry);
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
 * Handles a failed step: a refusal of the forge blocks the task, a pause of the forge or a transient error delays the queue, and any
 * other failure counts on the task, so that one task cannot stop the queue forever.
 */
async function handleStepFailure(
  deps: TaskWriteDeps,
  queue: StoredMergeQueue,
  entry: MergeQueueEntry,
  error: unknown,
): Promise<FailureOutcome | undefined> {
  const now = deps.clock.now();
  const why = describeError(error);
  deps.log.warn('merge queue step failed', { ...queue.key, task: entry.task, cause: why });
  const current = await loadMergeQueue(deps.table, queue.key);
  if (current.state.fence !== queue.state.fence) return undefined;
  if (isPausing(error)) {
    const until = await pauseAfterError(deps, error, queue.key);
    return { kind: 'retry', queue: current, waitMs: until - now };
  }
  if (isAppError(error, 'transient')) return { kind: 'retry', queue: current, waitMs: 5_000 };
  const event: TaskEvent = isAppError(error, 'refused')
    ? { type: 'forge_refused', reason: why }
    : { type: 'faulted', why };
  const key = { ...queue.key, task: entry.task };
  const applied = await applyTask(deps, key, event, { actor: 'merge_queue' });
  // An ended or blocked task counts no failures. Its repository may have been deleted, so the task leaves the queue.
  if (applied.kind === 'noop') return { kind: 'finished', queue: current };
  return { kind: 'retry', queue: current, waitMs: event.type === 'faulted' ? 5_000 : 1_000 };
}
