import type { TaskState } from '../../task-state/task-state.ts';
import type { SlotCaps } from '../engine-deps.ts';

// Who gets the free slots. Pure: every cap is counted on one reading of the slots.

export type Candidate = { readonly task: TaskState; readonly planCap: number };
export type HeldSlot = { readonly plan: string; readonly repo: string };

const KIND_ORDER = { verify: 0, repair: 1, work: 2 } as const;

/**
 * Verification before repair before work, since those free what others wait for; then plans in turn, the one with the
 * fewest slots first; within a plan by rank, the longest path ahead first.
 */
export function pickTasks(
  candidates: readonly Candidate[],
  held: readonly HeldSlot[],
  caps: SlotCaps,
): TaskState[] {
  const plans = countBy(held, (one) => one.plan);
  const repos = countBy(held, (one) => one.repo);
  let free = caps.system - held.length;
  const picked: TaskState[] = [];
  const waiting = new Set(candidates);
  while (free > 0) {
    const next = findBestCandidate(
      [...waiting].filter((one) => fitsCaps(one, plans, repos, caps)),
      plans,
    );
    if (next === undefined) return picked;
    waiting.delete(next);
    picked.push(next.task);
    free -= 1;
    plans.set(next.task.plan, (plans.get(next.task.plan) ?? 0) + 1);
    repos.set(next.task.repo, (repos.get(next.task.repo) ?? 0) + 1);
  }
  return picked;
}

function fitsCaps(
  one: Candidate,
  plans: Map<string, number>,
  repos: Map<string, number>,
  caps: SlotCaps,
): boolean {
  const { plan, repo } = one.task;
  return (
    (plans.get(plan) ?? 0) < Math.min(one.planCap, caps.plan) &&
    (repos.get(repo) ?? 0) < caps.repository
  );
}

function findBestCandidate(
  candidates: readonly Candidate[],
  plans: Map<string, number>,
): Candidate | undefined {
  let winner: Candidate | undefined;
  for (const one of candidates)
    if (winner === undefined || isBefore(one.task, winner.task, plans)) winner = one;
  return winner;
}

function isBefore(a: TaskState, b: TaskState, plans: Map<string, number>): boolean {
  const kind = KIND_ORDER[a.nextAttemptKind] - KIND_ORDER[b.nextAttemptKind];
  if (kind !== 0) return kind < 0;
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
