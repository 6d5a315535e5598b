import type { TaskSpec } from '../../core/contract/task.ts';
import { taskSpecSchema } from '../../core/contract/task.ts';
import { pickTasks } from '../../core/engine/schedule/pick-tasks.ts';
import type { RunNode } from '../../core/graph/order/build-run-graph.ts';
import { buildRunGraph } from '../../core/graph/order/build-run-graph.ts';
import { createTaskState } from '../../core/task-state/create-task-state.ts';
import type { TaskState } from '../../core/task-state/task-state.ts';
import { createPrng } from '../lab/dag.ts';
import { computePercentile } from '../lab/measure-runs.ts';
import type { Scenario } from '../scenario.ts';

// Compares orders in which ready tasks get slots. The makespan is divided by a bound that no order can beat: the maximum of the
// critical path and the total work divided by the slots. Ranks come from inaccurate estimates, as in a real plan.

const GRAPH_COUNT = 200;
const SEED = 7;
const REPO = 'acme/bench';
const PLAN_KEY = { plan: 'p0123456789', run: 1 };

/** A random graph; the ordinal of a task is its index in each list. */
type Workload = {
  readonly nodes: RunNode[];
  readonly states: TaskState[];
  /** Actual durations, which differ from the estimates. */
  readonly minutes: number[];
  readonly slots: number;
};
/** Returns the ordinals of the ready tasks to start now, at most the number of free slots. */
type StartOrder = (
  workload: Workload,
  ready: readonly number[],
  running: readonly number[],
) => number[];

export const makespan: Scenario = {
  name: 'makespan',
  description: 'Makespan divided by its lower bound, by the order in which tasks get slots',
  measure: async ({ quick }) => {
    const random = createPrng(SEED);
    const workloads = Array.from({ length: quick ? 20 : GRAPH_COUNT }, () => drawWorkload(random));
    const orders: [string, StartOrder][] = [
      ['smol-gang: highest rank first', orderByRank],
      ['wave by wave', orderByWave],
      ['first in, first out', orderByArrival],
    ];
    const rows = orders.map(([name, order]) => {
      const ratios = workloads
        .map((workload) => simulateMakespan(workload, order) / computeLowerBound(workload))
        .toSorted((a, b) => a - b);
      const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
      return {
        name,
        mean,
        p95: computePercentile(ratios, 0.95),
        worst: computePercentile(ratios, 1),
      };
    });
    const table = {
      title: `Makespan divided by max(critical path, work / slots), ${workloads.length} random graphs`,
      head: ['order', 'mean', 'p95', 'worst'],
      rows: rows.map(({ name, mean, p95, worst }) => [
        name,
        mean.toFixed(3),
        p95.toFixed(3),
        worst.toFixed(3),
      ]),
      notes: [
        '12 to 120 tasks, 4 to 16 slots, log-normal durations (median 10 minutes, sigma 0.6),',
        'estimates off by a factor between 1/2 and 2. Virtual time.',
      ],
    };
    return { tables: [table], figures: rows };
  },
};

function drawWorkload(random: () => number): Workload {
  const count = 12 + Math.floor(random() * 109);
  const drawnMinutes = Array.from({ length: count }, () => drawLogNormal(random, 10, 0.6));
  const shape = {
    reach: 5 + Math.floor(random() * 56),
    maxDependencies: 1 + Math.floor(random() * 3),
  };
  const tasks = drawnMinutes.map((minutes, index) => drawTask(random, index, minutes, shape));
  const nodes = buildRunGraph(tasks, [], [REPO]).filter((node) => node.kind === 'work');
  const indexById = new Map(tasks.map((task, index) => [task.id, index]));
  const findIndex = (node: RunNode): number => indexById.get(node.id) ?? -1;
  const options = { simple: false, policy: 'auto' as const, now: 0 };
  const states = nodes.map((node): TaskState => {
    const state = createTaskState(PLAN_KEY, node, tasks[findIndex(node)], options);
    return { ...state, status: 'ready' };
  });
  const minutes = nodes.map((node) => drawnMinutes[findIndex(node)] ?? 0);
  return { nodes, states, minutes, slots: 4 + Math.floor(random() * 13) };
}

/** Draws a task with at most `maxDependencies` dependencies, all among the previous `reach` tasks. */
function drawTask(
  random: () => number,
  index: number,
  minutes: number,
  { reach, maxDependencies }: { readonly reach: number; readonly maxDependencies: number },
): TaskSpec {
  const dependsOn = new Set<string>();
  const dependencyCount = index < 3 ? 0 : Math.floor(random() * (maxDependencies + 1));
  for (let count = 0; count < dependencyCount; count += 1)
    dependsOn.add(`t${index - 1 - Math.floor(random() * Math.min(index, reach))}`);
  const estimateFactor = 2 ** (2 * random() - 1);
  return taskSpecSchema.parse({
    id: `t${index}`,
    description: `Number ${index}`,
    dependsOn: [...dependsOn],
    estimate: Math.max(1, Math.round(minutes * estimateFactor)),
    repo: REPO,
  });
}

function drawLogNormal(random: () => number, median: number, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp(sigma * normal);
}

function computeLowerBound({ nodes, minutes, slots }: Workload): number {
  const earliestEnds: number[] = [];
  for (const [ordinal, node] of nodes.entries()) {
    const start = Math.max(0, ...node.dependsOn.map((parent) => earliestEnds[parent] ?? 0));
    earliestEnds.push(start + (minutes[ordinal] ?? 0));
  }
  const totalMinutes = minutes.reduce((sum, duration) => sum + duration, 0);
  return Math.max(...earliestEnds, totalMinutes / slots);
}

/** Computes the minutes until the last task ends. */
function simulateMakespan(workload: Workload, order: StartOrder): number {
  const openDependencies = workload.nodes.map((node) => new Set(node.dependsOn));
  const ready = openDependencies.flatMap((set, ordinal) => (set.size === 0 ? [ordinal] : []));
  const endOfRunning = new Map<number, number>();
  let now = 0;
  for (;;) {
    for (const ordinal of order(workload, ready, [...endOfRunning.keys()])) {
      ready.splice(ready.indexOf(ordinal), 1);
      endOfRunning.set(ordinal, now + (workload.minutes[ordinal] ?? 0));
    }
    const [ended, endedAt] = [...endOfRunning].toSorted((a, b) => a[1] - b[1])[0] ?? [];
    if (ended === undefined || endedAt === undefined) return now;
    now = endedAt;
    endOfRunning.delete(ended);
    for (const dependent of workload.nodes[ended]?.dependents ?? []) {
      if (openDependencies[dependent]?.delete(ended) && openDependencies[dependent].size === 0)
        ready.push(dependent);
    }
  }
}

/** Orders tasks like the scheduler of the engine. */
function orderByRank(
  { states, slots }: Workload,
  ready: readonly number[],
  running: readonly number[],
): number[] {
  const candidates = ready.flatMap((ordinal) => {
    const task = states[ordinal];
    return task === undefined ? [] : [{ task, planCap: slots }];
  });
  const usedSlots = running.map(() => ({ plan: PLAN_KEY.plan, repo: REPO }));
  const caps = { system: slots, repository: slots, plan: slots };
  return pickTasks(candidates, usedSlots, caps).map((task) => task.ordinal);
}

function orderByArrival(
  { slots }: Workload,
  ready: readonly number[],
  running: readonly number[],
): number[] {
  return ready.slice(0, Math.max(0, slots - running.length));
}

/** Starts a wave only after all tasks of the previous wave have ended. */
function orderByWave(
  { nodes, slots }: Workload,
  ready: readonly number[],
  running: readonly number[],
): number[] {
  const getWave = (ordinal: number): number => nodes[ordinal]?.wave ?? 0;
  const wave = Math.min(...[...ready, ...running].map(getWave));
  const inWave = ready.filter((ordinal) => getWave(ordinal) === wave);
  return inWave.slice(0, Math.max(0, slots - running.length));
}
