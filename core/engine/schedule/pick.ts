import type { TaskState } from '../../task/state.ts';
import type { Caps } from '../deps.ts';

// Who gets the free slots. Pure: every cap is counted on one reading of the slots.

export type Candidate = { task: TaskState; planCap: number };
export type Held = { plan: string; repo: string };

const ORDER = { verify: 0, repair: 1, work: 2 } as const;

/**
 * Verification before repair before work, since those free what others wait for; then plans in turn, the one with the
 * fewest slots first; within a plan by rank, the longest path ahead first.
 */
export function pickTasks(
  candidates: readonly Candidate[],
  held: readonly Held[],
  caps: Caps,
): TaskState[] {
  const plans = countBy(held, (one) => one.plan);
  const repos = countBy(held, (one) => one.repo);
  let free = caps.system - held.length;
  const picked: TaskState[] = [];
  const waiting = new Set(candidates);
  while (free > 0) {
    const next = best(
      [...waiting].filter((one) => fits(one, plans, repos, caps)),
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

function fits(
  one: Candidate,
  plans: Map<string, number>,
  repos: Map<string, number>,
  caps: Caps,
): boolean {
  const { plan, repo } = one.task;
  return (
    (plans.get(plan) ?? 0) < Math.min(one.planCap, caps.plan) &&
    (repos.get(repo) ?? 0) < caps.repository
  );
}

function best(candidates: readonly Candidate[], plans: Map<string, number>): Candidate | undefined {
  let winner: Candidate | undefined;
  for (const one of candidates)
    if (winner === undefined || before(one.task, winner.task, plans)) winner = one;
  return winner;
}

function before(a: TaskState, b: TaskState, plans: Map<string, number>): boolean {
  const kind = ORDER[a.wants] - ORDER[b.wants];
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
