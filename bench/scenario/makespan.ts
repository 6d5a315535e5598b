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

// Compares the orders in which ready tasks get slots. The makespan is divided by a lower bound for any order: the critical path,
// or the total work divided by the slots, whichever is longer. Ranks come from inaccurate estimates, as in a real plan.

const GRAPH_COUNT = 200;
const SEED = 7;
const REPO = 'acme/bench';
const PLAN_KEY = { plan: 'p0123456789', run: 1 };

type Workload = {
  readonly nodes: RunNode[];
  readonly states: TaskState[];
  readonly minutes: number[];
  readonly slots: number;
};
/** Chooses the ready tasks to start, by ordinal. */
type StartOrder = (
  work: Workload,
  ready: readonly number[],
  running: readonly number[],
) => number[];

export const makespan: Scenario = {
  name: 'makespan',
  description: 'Makespan divided by its lower bound, by the order in which tasks get slots',
  runScenario: async ({ quick }) => {
    const random = createPrng(SEED);
    const works = Array.from({ length: quick ? 20 : GRAPH_COUNT }, () => drawWorkload(random));
    const orders: [string, StartOrder][] = [
      ['smol-gang: highest rank first', orderByRank],
      ['wave by wave', orderByWave],
      ['first in, first out', orderByArrival],
    ];
    const rows = orders.map(([name, order]) => {
      const ratios = works
        .map((work) => simulateMakespan(work, order) / computeLowerBound(work))
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
      title: `Makespan divided by max(critical path, work / slots), ${works.length} random graphs`,
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
  const minutes = Array.from({ length: count }, () => drawLogNormal(random, 10, 0.6));
  const shape = { reach: 5 + Math.floor(random() * 56), most: 1 + Math.floor(random() * 3) };
  const tasks = minutes.map((real, place) => drawTask(random, place, real, shape));
  const nodes = buildRunGraph(tasks, [], [REPO]).filter((node) => node.kind === 'work');
  const byId = new Map(tasks.map((task, place) => [task.id, { task, real: minutes[place] ?? 0 }]));
  const options = { simple: false, policy: 'auto' as const, now: 0 };
  const states = nodes.map((node): TaskState => {
    const state = createTaskState(PLAN_KEY, node, byId.get(node.id)?.task, options);
    return { ...state, status: 'ready' };
  });
  const real = nodes.map((node) => byId.get(node.id)?.real ?? 0);
  return { nodes, states, minutes: real, slots: 4 + Math.floor(random() * 13) };
}

/** Draws a task with at most `most` dependencies among the `reach` tasks before. */
function drawTask(
  random: () => number,
  place: number,
  real: number,
  { reach, most }: { readonly reach: number; readonly most: number },
): TaskSpec {
  const dependsOn = new Set<string>();
  const dependencyCount = place < 3 ? 0 : Math.floor(random() * (most + 1));
  for (let n = 0; n < dependencyCount; n += 1)
    dependsOn.add(`t${place - 1 - Math.floor(random() * Math.min(place, reach))}`);
  const error = 2 ** (2 * random() - 1);
  return taskSpecSchema.parse({
    id: `t${place}`,
    description: `Number ${place}`,
    dependsOn: [...dependsOn],
    estimate: Math.max(1, Math.round(real * error)),
    repo: REPO,
  });
}

function drawLogNormal(random: () => number, median: number, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp(sigma * normal);
}

function computeLowerBound({ nodes, minutes, slots }: Workload): number {
  const ends: number[] = [];
  for (const [ordinal, node] of nodes.entries()) {
    const from = Math.max(0, ...node.dependsOn.map((parent) => ends[parent] ?? 0));
    ends.push(from + (minutes[ordinal] ?? 0));
  }
  const total = minutes.reduce((sum, duration) => sum + duration, 0);
  return Math.max(...ends, total / slots);
}

/** Computes the minutes until the last task ends. */
function simulateMakespan(work: Workload, order: StartOrder): number {
  const openDependencies = work.nodes.map((node) => new Set(node.dependsOn));
  const ready = openDependencies.flatMap((set, ordinal) => (set.size === 0 ? [ordinal] : []));
  const ends = new Map<number, number>();
  let now = 0;
  for (;;) {
    for (const ordinal of order(work, ready, [...ends.keys()])) {
      ready.splice(ready.indexOf(ordinal), 1);
      ends.set(ordinal, now + (work.minutes[ordinal] ?? 0));
    }
    const [ended, at] = [...ends].toSorted((a, b) => a[1] - b[1])[0] ?? [];
    if (ended === undefined || at === undefined) return now;
    now = at;
    ends.delete(ended);
    for (const dependent of work.nodes[ended]?.dependents ?? []) {
      if (openDependencies[dependent]?.delete(ended) && openDependencies[dependent].size === 0)
        ready.push(dependent);
    }
  }
}

/** Chooses tasks with the scheduler of the engine. */
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
