import type { PlanView } from '../../core/contract/plan.ts';
import type { TaskView } from '../../core/contract/task.ts';

/** Durations and counts in the summary of a plan. */
export type SummaryFigures = {
  /** Time from the start of the tasks to the end of the last task, milliseconds. */
  readonly makespanMs: number;
  /** Time before the start of the tasks: planning and waiting for approval, milliseconds. */
  readonly beforeStartMs: number;
  /** Task ids of the longest chain of dependencies, measured by total duration; joins are left out. */
  readonly criticalPath: readonly string[];
  readonly criticalPathMs: number;
  /** Makespan divided by the critical path, 1 at best; undefined if no task has started. */
  readonly ratio: number | undefined;
  /** Sum of the durations of all tasks, milliseconds. */
  readonly workMs: number;
  /** Largest number of tasks in progress at the same time. */
  readonly maxConcurrentTasks: number;
  /** Number of attempts of all tasks. */
  readonly attempts: number;
};

type Interval = { readonly from: number; readonly to: number };

/** Computes the figures from the actual durations. A task that never started has no duration. */
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
  const allIntervals = [...intervals.values()];
  const startAt = plan.startedAt ?? findEarliestStart(allIntervals) ?? plan.createdAt;
  const endAt = plan.finishedAt ?? findLatestEnd(allIntervals) ?? now;
  const makespanMs = Math.max(0, endAt - startAt);
  const path = findLongestPath(addEndDependencies(tasks), intervals);
  return {
    makespanMs,
    beforeStartMs: Math.max(0, startAt - plan.createdAt),
    criticalPath: path.ids,
    criticalPathMs: path.ms,
    ratio: path.ms > 0 ? makespanMs / path.ms : undefined,
    workMs: allIntervals.reduce((sum, interval) => sum + interval.to - interval.from, 0),
    maxConcurrentTasks: countMaxConcurrent(allIntervals),
    attempts: tasks.reduce((sum, task) => sum + task.attempt, 0),
  };
}

/** Adds the dependencies of an end node that lists none: an end node depends on every other node of its repository. */
function addEndDependencies(tasks: readonly TaskView[]): TaskView[] {
  const tasksByRepository = Map.groupBy(
    tasks.filter((task) => task.kind !== 'end'),
    (task) => task.repo,
  );
  return tasks.map((task) => {
    if (task.kind !== 'end' || task.dependsOn.length > 0) return task;
    return { ...task, dependsOn: (tasksByRepository.get(task.repo) ?? []).map(({ id }) => id) };
  });
}

function findEarliestStart(intervals: readonly Interval[]): number | undefined {
  return intervals.length === 0
    ? undefined
    : Math.min(...intervals.map((interval) => interval.from));
}

function findLatestEnd(intervals: readonly Interval[]): number | undefined {
  return intervals.length === 0 ? undefined : Math.max(...intervals.map((interval) => interval.to));
}

function countMaxConcurrent(intervals: readonly Interval[]): number {
  // Ends sort before starts of the same moment, because a task that starts when another task ends does not overlap with the other.
  const steps = intervals
    .flatMap((interval) => [
      { at: interval.from, change: 1 },
      { at: interval.to, change: -1 },
    ])
    .toSorted((a, b) => a.at - b.at || a.change - b.change);
  let runningCount = 0;
  let maxCount = 0;
  for (const step of steps) {
    runningCount += step.change;
    maxCount = Math.max(maxCount, runningCount);
  }
  return maxCount;
}

/** Finds the chain of dependencies with the largest sum of durations. Tasks on a cycle, which the server rejects, are left out. */
function findLongestPath(
  tasks: readonly TaskView[],
  intervals: ReadonlyMap<string, Interval>,
): { readonly ids: string[]; readonly ms: number } {
  const longestById = new Map<string, { readonly ms: number; readonly previousId?: string }>();
  const byId = new Map(tasks.map((task) => [task.id, task]));
  let lastTask: { readonly id: string; readonly ms: number } | undefined;
  for (const task of sortByDependency(tasks, byId)) {
    const interval = intervals.get(task.id);
    let longest: { readonly id: string; readonly ms: number } | undefined;
    for (const id of task.dependsOn) {
      const ms = longestById.get(id)?.ms;
      if (ms !== undefined && (longest === undefined || ms > longest.ms)) longest = { id, ms };
    }
    const ms = (interval === undefined ? 0 : interval.to - interval.from) + (longest?.ms ?? 0);
    longestById.set(task.id, longest === undefined ? { ms } : { ms, previousId: longest.id });
    if (ms > 0 && (lastTask === undefined || ms > lastTask.ms)) lastTask = { id: task.id, ms };
  }
  const ids: string[] = [];
  for (let id = lastTask?.id; id !== undefined; id = longestById.get(id)?.previousId) {
    if (byId.get(id)?.kind !== 'join') ids.unshift(id);
  }
  return { ids, ms: lastTask?.ms ?? 0 };
}

function sortByDependency(
  tasks: readonly TaskView[],
  byId: ReadonlyMap<string, TaskView>,
): TaskView[] {
  const openDependencyCounts = new Map<string, number>();
  const dependents = new Map<string, string[]>();
  for (const task of tasks) {
    const dependencies = task.dependsOn.filter((id) => byId.has(id));
    openDependencyCounts.set(task.id, dependencies.length);
    for (const id of dependencies) dependents.set(id, [...(dependents.get(id) ?? []), task.id]);
  }
  const ordered = tasks.filter((task) => openDependencyCounts.get(task.id) === 0);
  for (const task of ordered) {
    for (const id of dependents.get(task.id) ?? []) {
      const remainingCount = (openDependencyCounts.get(id) ?? 0) - 1;
      openDependencyCounts.set(id, remainingCount);
      const dependent = byId.get(id);
      if (remainingCount === 0 && dependent !== undefined) ordered.push(dependent);
    }
  }
  return ordered;
}
