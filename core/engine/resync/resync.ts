import { parseAttemptId } from '../../contract/id.ts';
import type { QueueMessage } from '../../contract/queue-message.ts';
import {
  buildMergeQueueWakeUp,
  buildPlannerWakeUp,
  buildPlanWakeUp,
  buildSchedulerWakeUp,
  buildTaskWakeUp,
} from '../../contract/queue-message.ts';
import type { Pod } from '../../port/launcher.ts';
import type { Item } from '../../port/table.ts';
import { DUE_SHARDS } from '../../store/document.ts';
import { loadSlots, removeSlotHolders } from '../../store/system-store.ts';
import { loadTask } from '../../store/task-store.ts';
import {
  isMergeQueueItem,
  isPlanItem,
  isTaskItem,
  parseMergeQueuePartition,
  parsePlanPartition,
  parseTaskPartition,
} from '../../topology/table-keys.ts';
import { enqueueWakeUps } from '../announce-changes.ts';
import { applyTask } from '../apply/apply-transition.ts';
import type { EngineDeps, PodDeps, TaskWriteDeps } from '../engine-deps.ts';
import { handlePodEnded, loseAttempt } from '../launch/attempt-pod.ts';
import { mapInParallel } from '../map-in-parallel.ts';
import { pollForges } from './poll-forges.ts';

// Runs each minute and repairs the effects of crashes and lost messages: enqueues due items, removes pods without an attempt, ends
// attempts without a pod, and polls pull requests. The cost of a run without such work does not grow with the stored data.

const MAX_ITEMS_PER_SHARD = 200;
/** Time after which a reserved slot without a claim is freed, milliseconds. */
const MAX_UNCLAIMED_MS = 60_000;
/** Time from the claim after which an attempt without a listed pod is lost, milliseconds. */
const MISSING_POD_GRACE_MS = 30_000;

/** Runs all parts of the resync. A failed part does not stop the others; the first error is thrown at the end. */
export async function resync(deps: EngineDeps): Promise<void> {
  const errors: unknown[] = [];
  for (const part of [enqueueDueWakeUps, sweepPods, pollForges]) {
    try {
      await part(deps);
    } catch (error) {
      errors.push(error);
      deps.log.warn('resync part failed', { part: part.name, cause: String(error) });
    }
  }
  if (errors.length > 0) throw errors[0];
}

/** Enqueues a wake-up message for each item that is due. */
export async function enqueueDueWakeUps(
  deps: Pick<EngineDeps, 'table' | 'queue' | 'clock' | 'log'>,
): Promise<void> {
  const now = deps.clock.now();
  const pages = await mapInParallel(DUE_SHARDS, 8, (shard) =>
    deps.table.queryIndex('due', shard, { to: now, limit: MAX_ITEMS_PER_SHARD }),
  );
  const messages = pages
    .flatMap((page) => page.items)
    .flatMap((item) => buildWakeUpMessage(item) ?? []);
  await enqueueWakeUps(deps, messages);
}

/** Builds the message for an entry of the `due` index, which contains the keys and the status of an item. */
function buildWakeUpMessage(entry: Item): QueueMessage | undefined {
  if (isTaskItem(entry)) return buildTaskWakeUp(parseTaskPartition(entry));
  if (isMergeQueueItem(entry)) return buildMergeQueueWakeUp(parseMergeQueuePartition(entry));
  if (isPlanItem(entry)) {
    const plan = parsePlanPartition(entry);
    return entry.status === 'planning' ? buildPlannerWakeUp(plan) : buildPlanWakeUp(plan);
  }
  return undefined;
}

/**
 * Compares pods, attempts and slots: removes pods of ended attempts, ends attempts without a pod, and frees slots without an
 * attempt. Pods are listed before the attempts are read, so that no new pod counts as a stray pod.
 */
export async function sweepPods(deps: PodDeps): Promise<void> {
  const holders = (await loadSlots(deps.table)).holders;
  const pods = await deps.launcher.list();
  await mapInParallel(pods, 8, async (pod) => {
    const key = parseAttemptId(pod.attemptId);
    if (key === undefined) return;
    const task = await loadTask(deps.table, key);
    if (task?.state.liveAttempt?.attemptNumber === key.attemptNumber) {
      if (pod.state === 'gone') await handlePodEnded(deps, pod.attemptId);
      return;
    }
    // An ended pod is removed too, because no other handler cleans up a pod that was launched late.
    await removeStrayPod(deps, pod);
  });
  const attemptsWithPod = new Set(
    pods.filter((pod) => pod.state !== 'gone').map((pod) => pod.attemptId),
  );
  const now = deps.clock.now();
  await mapInParallel([...holders], 8, async ([attemptId, holder]) => {
    const task = await loadTask(deps.table, holder.attempt);
    const { attemptNumber } = holder.attempt;
    const liveAttempt = task?.state.liveAttempt;
    if (task !== undefined && liveAttempt?.attemptNumber === attemptNumber) {
      // A claimed attempt without a call of its bridge is launched again, until its launch time ends.
      if (liveAttempt.phase === 'claimed') return;
      const isOverdue = now - liveAttempt.claimedAt > MISSING_POD_GRACE_MS;
      if (isOverdue && !attemptsWithPod.has(attemptId))
        await loseAttempt(deps, task, 'the pod disappeared', 'sweep');
      return;
    }
    if (task?.state.attemptsAwaitingPodRemoval.includes(attemptNumber)) {
      await enqueueWakeUps(deps, [buildTaskWakeUp(task.state)]);
      return;
    }
    await freeUnclaimedSlot(deps, attemptId, holder.since, task?.state.attempt ?? attemptNumber);
  });
}

/** Removes a stray pod. A failure is only logged, so that the sweep continues with the other pods and the slots. */
async function removeStrayPod(
  deps: Pick<EngineDeps, 'launcher' | 'log'>,
  { name, uid }: Pod,
): Promise<void> {
  try {
    await deps.launcher.remove(name, uid);
  } catch (error) {
    deps.log.warn('stray pod could not be removed', { pod: name, cause: String(error) });
  }
}

/** Frees a reserved slot without a claim. The task's attempt number is raised first, so that a late claim of the slot fails. */
async function freeUnclaimedSlot(
  deps: TaskWriteDeps,
  attemptId: string,
  since: number,
  latestAttempt: number,
): Promise<void> {
  const key = parseAttemptId(attemptId);
  if (key === undefined) return;
  if (latestAttempt < key.attemptNumber) {
    if (deps.clock.now() - since < MAX_UNCLAIMED_MS) return;
    const applied = await applyTask(
      deps,
      key,
      { type: 'number_raised', n: key.attemptNumber },
      { actor: 'sweep', announce: 'clients' },
    );
    // The late claim won the race and owns the slot.
    if (applied.kind === 'noop') return;
  }
  await removeSlotHolders(deps.table, [attemptId]);
  await enqueueWakeUps(deps, [buildSchedulerWakeUp()]);
}
