import { elementAt } from '../../base/element-at.ts';
import type { Forecast } from '../../contract/plan.ts';
import type { TaskSpec } from '../../contract/task.ts';
import type { Adjacency, EdgeEnds } from '../order/adjacency.ts';
import { buildAdjacency } from '../order/adjacency.ts';
import { orderTopologically } from '../order/order-topologically.ts';
import { followHighestRank, rankNodes } from '../order/waves.ts';
import type { OverlapPair } from '../overlap/order-overlaps.ts';
import { popHeap, pushHeap } from './heap.ts';

/** Assumptions of a forecast. */
export type ForecastOptions = {
  /** Number of parallel agents; a value below 1 counts as 1. */
  readonly slots: number;
  /** Tokens that an agent uses per minute; if absent, tokens and cost are unknown. */
  readonly tokensPerMinute?: number;
  /** Price of a token in US dollars; null or absent if the price is unknown. */
  readonly usdPerToken?: number | null;
  /** Pairs of tasks that overlap only in shared paths and therefore have no order, from `orderOverlaps`. */
  readonly unorderedPairs?: readonly OverlapPair[];
};

/** Forecasts time, tokens and cost of a graph from the estimates of its tasks. The graph must be acyclic. */
export function forecastGraph(
  tasks: readonly TaskSpec[],
  edges: readonly EdgeEnds[],
  options: ForecastOptions,
): Forecast {
  const graph = buildAdjacency(tasks, edges);
  const { order, waves } = orderTopologically(graph);
  const minutes = tasks.map((task) => task.estimate);
  const rank = rankNodes(graph, order, minutes);
  const criticalPath = followHighestRank(graph, rank);
  const criticalPathMinutes = rank[criticalPath[0] ?? -1] ?? 0;
  const slots = Math.max(1, Math.floor(options.slots));
  const totalMinutes = minutes.reduce((sum, estimate) => sum + estimate, 0);
  const { tokensPerMinute, usdPerToken } = options;
  const tokens = tokensPerMinute === undefined ? null : Math.round(totalMinutes * tokensPerMinute);
  return {
    tasks: tasks.length,
    waves: listWaves(graph.ids, order, waves),
    criticalPath: criticalPath.map((node) => elementAt(graph.ids, node)),
    criticalPathMinutes,
    // Floating-point rounding depends on the order of additions, so the simulated time can be slightly below the critical path.
    makespanMinutes: Math.max(criticalPathMinutes, simulateSlots(graph, minutes, rank, slots)),
    slots,
    tokens,
    usd:
      tokens === null || usdPerToken === undefined || usdPerToken === null
        ? null
        : tokens * usdPerToken,
    overlaps: (options.unorderedPairs ?? []).map((pair) => ({ ...pair, paths: [...pair.paths] })),
  };
}

function listWaves(
  ids: readonly string[],
  order: readonly number[],
  waves: readonly number[],
): string[][] {
  const lists: string[][] = [];
  for (const node of order) {
    const wave = elementAt(waves, node) - 1;
    const list = lists[wave] ?? [];
    list.push(elementAt(ids, node));
    lists[wave] = list;
  }
  return lists;
}

/** Computes the minutes until the last task ends if a free slot always takes the ready task with the highest rank. */
function simulateSlots(
  graph: Adjacency,
  minutes: readonly number[],
  rank: readonly number[],
  slots: number,
): number {
  const openDependencies = graph.dependencies.map((list) => list.length);
  const endTimes = new Array<number>(minutes.length).fill(0);
  const ready = {
    items: [] as number[],
    precedes: (a: number, b: number) =>
      elementAt(rank, a) > elementAt(rank, b) || (rank[a] === rank[b] && a < b),
  };
  const running = {
    items: [] as number[],
    precedes: (a: number, b: number) => elementAt(endTimes, a) < elementAt(endTimes, b),
  };
  for (const [node, count] of openDependencies.entries()) if (count === 0) pushHeap(ready, node);
  let now = 0;
  for (;;) {
    while (running.items.length < slots && ready.items.length > 0) {
      const node = popHeap(ready) ?? 0;
      endTimes[node] = now + elementAt(minutes, node);
      pushHeap(running, node);
    }
    // Tasks that end at the same moment release their dependents before the next task is chosen.
    let ended = popHeap(running);
    if (ended === undefined) return now;
    now = elementAt(endTimes, ended);
    for (;;) {
      for (const dependent of elementAt(graph.dependents, ended)) {
        const openCount = elementAt(openDependencies, dependent) - 1;
        openDependencies[dependent] = openCount;
        if (openCount === 0) pushHeap(ready, dependent);
      }
      const next = running.items[0];
      if (next === undefined || elementAt(endTimes, next) > now) break;
      ended = popHeap(running) ?? next;
    }
  }
}
