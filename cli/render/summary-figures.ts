import type { PlanView } from '../../core/contract/plan.ts';
import type { TaskView } from '../../core/contract/task.ts';

export type SummaryFigures = {
  /** Activation to the last task, ms. */
  readonly makespanMs: number;
  /** Hand-in to activation: planning, and the time it lay for approval. */
  readonly beforeStartMs: number;
  readonly criticalPath: readonly string[];
  readonly criticalPathMs: number;
  /** Makespan over critical path: 1 is the best there is. */
  readonly ratio: number | undefined;
  /** Sum over all tasks, ms. */
  readonly workMs: number;
  readonly mostAtOnce: number;
  readonly attempts: number;
};

type Interval = { readonly from: number; readonly to: number };

/** Durations as they happened; a task that never started weighs nothing. */
export function computeSummaryFigures(
  plan: PlanView,
  tasks: readonly TaskView[],
  now: number,
): SummaryFigures {
  const intervals = new Map<string, Interval>();
  for (const task of tasks) {
    if (task.startedAt === undefined) continue;
    const to = task.finishedAt ?? plan.finishedAt ?? now;
    intervals.set(task.id, { from: task.startedAt, to: Math.max(to, task.startedAt) });
  }
  const all = [...intervals.values()];
  const first = plan.startedAt ?? findEarliestStart(all) ?? plan.createdAt;
  const last = plan.finishedAt ?? findLatestEnd(all) ?? now;
  const makespanMs = Math.max(0, last - first);
  const path = findLongestPath(addEndDependencies(tasks), intervals);
  return {
    makespanMs,
    beforeStartMs: Math.max(0, first - plan.createdAt),
    criticalPath: path.ids,
    criticalPathMs: path.ms,
    ratio: path.ms > 0 ? makespanMs / path.ms : undefined,
    workMs: all.reduce((sum, each) => sum + each.to - each.from, 0),
    mostAtOnce: countMostAtOnce(all),
    attempts: tasks.reduce((sum, task) => sum + task.attempt, 0),
  };
}

/** The end of a plan depends on everything, and need not say so. */
function addEndDependencies(tasks: readonly TaskView[]): TaskView[] {
  const others = tasks.filter((task) => task.kind !== 'end').map((task) => task.id);
  return tasks.map((task) => {
    const isSilent = task.kind === 'end' && task.dependsOn.length === 0;
    return isSilent ? { ...task, dependsOn: others } : task;
  });
}

function findEarliestStart(intervals: readonly Interval[]): number | undefined {
  return intervals.length === 0 ? undefined : Math.min(...intervals.map((each) => each.from));
}

function findLatestEnd(intervals: readonly Interval[]): number | undefined {
  return intervals.length === 0 ? undefined : Math.max(...intervals.map((each) => each.to));
}

function countMostAtOnce(intervals: readonly Interval[]): number {
  // Ends before starts at the same moment: a task that begins when another ends is not beside it.
  const steps = intervals
    .flatMap((each) => [
      { at: each.from, by: 1 },
      { at: each.to, by: -1 },
    ])
    .toSorted((a, b) => a.at - b.at || a.by - b.by);
  let running = 0;
  let most = 0;
  for (const step of steps) {
    running += step.by;
    most = Math.max(most, running);
  }
  return most;
}

/** The chain of dependencies whose durations sum highest. A cycle, which the server refuses, ends the walk. */
function findLongestPath(
  tasks: readonly TaskView[],
  intervals: ReadonlyMap<string, Interval>,
): { readonly ids: string[]; readonly ms: number } {
  const best = new Map<string, { readonly ms: number; readonly before?: string }>();
  const byId = new Map(tasks.map((task) => [task.id, task]));
  let end: { readonly id: string; readonly ms: number } | undefined;
  for (const task of sortByDependency(tasks, byId)) {
    const own = intervals.get(task.id);
    let longest: { readonly id: string; readonly ms: number } | undefined;
    for (const id of task.dependsOn) {
      const ms = best.get(id)?.ms;
      if (ms !== undefined && (longest === undefined || ms > longest.ms)) longest = { id, ms };
    }
    const ms = (own === undefined ? 0 : own.to - own.from) + (longest?.ms ?? 0);
    best.set(task.id, longest === undefined ? { ms } : { ms, before: longest.id });
    if (ms > 0 && (end === undefined || ms > end.ms)) end = { id: task.id, ms };
  }
  const ids: string[] = [];
  for (let id = end?.id; id !== undefined; id = best.get(id)?.before) {
    if (byId.get(id)?.kind !== 'join') ids.unshift(id);
  }
  return { ids, ms: end?.ms ?? 0 };
}

function sortByDependency(
  tasks: readonly TaskView[],
  byId: ReadonlyMap<string, TaskView>,
): TaskView[] {
  const open = new Map<string, number>();
  const dependents = new Map<string, string[]>();
  for (const task of tasks) {
    const known = task.dependsOn.filter((id) => byId.has(id));
    open.set(task.id, known.length);
    for (const id of known) dependents.set(id, [...(dependents.get(id) ?? []), task.id]);
  }
  const ordered = tasks.filter((task) => open.get(task.id) === 0);
  for (const task of ordered) {
    for (const id of dependents.get(task.id) ?? []) {
      const left = (open.get(id) ?? 0) - 1;
      open.set(id, left);
      const dependent = byId.get(id);
      if (left === 0 && dependent !== undefined) ordered.push(dependent);
    }
  }
  return ordered;
}
