import type { TaskState } from '../../task-state/task-state.ts';
import { KIND_PRIORITY } from '../../task-state/task-state.ts';
import type { SlotCaps } from '../engine-deps.ts';

// Decides which tasks get the free slots, without input or output: the caller reads the slots once.

/** A ready task with the maximum number of slots of its plan. */
export type Candidate = { readonly task: TaskState; readonly planCap: number };
/** Plan and repository of an occupied slot. */
export type HeldSlot = { readonly plan: string; readonly repo: string };

/**
 * Picks the tasks that get a slot: verification before repair before work, because other tasks wait for the first two; then the
 * plan with the fewest slots; then the highest rank, which is the length of the longest path of tasks that wait for this task.
 */
export function pickTasks(
  candidates: readonly Candidate[],
  held: readonly HeldSlot[],
  caps: SlotCaps,
): TaskState[] {
  const slotsByPlan = countBy(held, (slot) => slot.plan);
  const slotsByRepo = countBy(held, (slot) => slot.repo);
  let freeSlots = caps.system - held.length;
  const picked: TaskState[] = [];
  const waiting = new Set(candidates);
  while (freeSlots > 0) {
    const best = findBestCandidate(
      [...waiting].filter((candidate) => fitsCaps(candidate, slotsByPlan, slotsByRepo, caps)),
      slotsByPlan,
    );
    if (best === undefined) return picked;
    waiting.delete(best);
    picked.push(best.task);
    freeSlots -= 1;
    slotsByPlan.set(best.task.plan, (slotsByPlan.get(best.task.plan) ?? 0) + 1);
    slotsByRepo.set(best.task.repo, (slotsByRepo.get(best.task.repo) ?? 0) + 1);
  }
  return picked;
}

function fitsCaps(
  candidate: Candidate,
  slotsByPlan: Map<string, number>,
  slotsByRepo: Map<string, number>,
  caps: SlotCaps,
): boolean {
  const { plan, repo } = candidate.task;
  return (
    (slotsByPlan.get(plan) ?? 0) < Math.min(candidate.planCap, caps.plan) &&
    (slotsByRepo.get(repo) ?? 0) < caps.repository
  );
}

function findBestCandidate(
  candidates: readonly Candidate[],
  slotsByPlan: Map<string, number>,
): Candidate | undefined {
  let best: Candidate | undefined;
  for (const candidate of candidates)
    if (best === undefined || isBefore(candidate.task, best.task, slotsByPlan)) best = candidate;
  return best;
}

function isBefore(a: TaskState, b: TaskState, slotsByPlan: Map<string, number>): boolean {
  const priority = KIND_PRIORITY[a.nextAttemptKind] - KIND_PRIORITY[b.nextAttemptKind];
  if (priority !== 0) return priority > 0;
  const share = (slotsByPlan.get(a.plan) ?? 0) - (slotsByPlan.get(b.plan) ?? 0);
  if (share !== 0) return share < 0;
  if (a.rank !== b.rank) return a.rank > b.rank;
  return `${a.plan} ${a.ordinal}` < `${b.plan} ${b.ordinal}`;
}

function countBy<T>(items: readonly T[], key: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
}
