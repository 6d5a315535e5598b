import type { TaskState } from '../../task-state/task-state.ts';
import { KIND_PRIORITY } from '../../task-state/task-state.ts';
import type { SlotCaps } from '../engine-deps.ts';

// Decides which tasks get the free slots. Pure: every cap is counted on one reading of the slots.

/** A ready task with the maximum number of slots of its plan. */
export type Candidate = { readonly task: TaskState; readonly planCap: number };
/** Plan and repository of an occupied slot. */
export type HeldSlot = { readonly plan: string; readonly repo: string };

/**
 * Picks the tasks that get a slot: verification before repair before work, because other tasks wait for the first two; then the
 * plan with the fewest slots; then the highest rank, which is the longest path ahead.
 */
export function pickTasks(
  candidates: readonly Candidate[],
  held: readonly HeldSlot[],
  caps: SlotCaps,
): TaskState[] {
  const plans = countBy(held, (slot) => slot.plan);
  const repos = countBy(held, (slot) => slot.repo);
  let free = caps.system - held.length;
  const picked: TaskState[] = [];
  const waiting = new Set(candidates);
  while (free > 0) {
    const best = findBestCandidate(
      [...waiting].filter((candidate) => fitsCaps(candidate, plans, repos, caps)),
      plans,
    );
    if (best === undefined) return picked;
    waiting.delete(best);
    picked.push(best.task);
    free -= 1;
    plans.set(best.task.plan, (plans.get(best.task.plan) ?? 0) + 1);
    repos.set(best.task.repo, (repos.get(best.task.repo) ?? 0) + 1);
  }
  return picked;
}

function fitsCaps(
  candidate: Candidate,
  plans: Map<string, number>,
  repos: Map<string, number>,
  caps: SlotCaps,
): boolean {
  const { plan, repo } = candidate.task;
  return (
    (plans.get(plan) ?? 0) < Math.min(candidate.planCap, caps.plan) &&
    (repos.get(repo) ?? 0) < caps.repository
  );
}

function findBestCandidate(
  candidates: readonly Candidate[],
  plans: Map<string, number>,
): Candidate | undefined {
  let best: Candidate | undefined;
  for (const candidate of candidates)
    if (best === undefined || isBefore(candidate.task, best.task, plans)) best = candidate;
  return best;
}

function isBefore(a: TaskState, b: TaskState, plans: Map<string, number>): boolean {
  const priority = KIND_PRIORITY[a.nextAttemptKind] - KIND_PRIORITY[b.nextAttemptKind];
  if (priority !== 0) return priority > 0;
  const share = (plans.get(a.plan) ?? 0) - (plans.get(b.plan) ?? 0);
  if (share !== 0) return share < 0;
  if (a.rank !== b.rank) return a.rank > b.rank;
  return `${a.plan} ${a.ordinal}` < `${b.plan} ${b.ordinal}`;
}

function countBy<T>(members: readonly T[], key: (member: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const member of members) counts.set(key(member), (counts.get(key(member)) ?? 0) + 1);
  return counts;
}
