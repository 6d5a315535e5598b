import type { Forecast } from '../contract/plan.ts';
import type { TaskSpec } from '../contract/task.ts';
import { type Adjacency, buildAdjacency, type EdgeEnds } from './adjacency.ts';
import { at } from './at.ts';
import { popHeap, pushHeap } from './heap.ts';
import { topologicalOrder } from './order.ts';
import type { OverlapPair } from './overlap.ts';
import { followHighest, rankNodes } from './waves.ts';

export type ForecastOptions = {
  /** Agents at once. */
  readonly slots: number;
  /** Absent: tokens and cost are unknown. */
  readonly tokensPerMinute?: number;
  /** null or absent: the price is unknown. */
  readonly usdPerToken?: number | null;
  /** What `orderOverlaps` left. */
  readonly remaining?: readonly OverlapPair[];
};

/** What a graph will take, by the estimates of its tasks. The graph must be acyclic. */
export function forecastGraph(
  tasks: readonly TaskSpec[],
  edges: readonly EdgeEnds[],
  options: ForecastOptions,
): Forecast {
  const graph = buildAdjacency(tasks, edges);
  const { order, waves } = topologicalOrder(graph);
  const minutes = tasks.map((task) => task.estimate);
  const rank = rankNodes(graph, order, minutes);
  const path = followHighest(graph, rank);
  const criticalPathMinutes = rank[path[0] ?? -1] ?? 0;
  const slots = Math.max(1, Math.floor(options.slots));
  const total = minutes.reduce((sum, each) => sum + each, 0);
  const { tokensPerMinute, usdPerToken } = options;
  const tokens = tokensPerMinute === undefined ? null : Math.round(total * tokensPerMinute);
  return {
    tasks: tasks.length,
    waves: listWaves(graph.ids, order, waves),
    criticalPath: path.map((node) => at(graph.ids, node)),
    criticalPathMinutes,
    // Sums of fractions differ in their last digit by the order in which they were made.
    makespanMinutes: Math.max(criticalPathMinutes, runOnSlots(graph, minutes, rank, slots)),
    slots,
    tokens,
    usd:
      tokens === null || usdPerToken === undefined || usdPerToken === null
        ? null
        : tokens * usdPerToken,
    overlaps: (options.remaining ?? []).map((pair) => ({ ...pair, paths: [...pair.paths] })),
  };
}

function listWaves(
  ids: readonly string[],
  order: readonly number[],
  waves: readonly number[],
): string[][] {
  const lists: string[][] = [];
  for (const node of order) {
    const wave = at(waves, node) - 1;
    const list = lists[wave] ?? [];
    list.push(at(ids, node));
    lists[wave] = list;
  }
  return lists;
}

/** Minutes until the last task ends when a free slot always takes the ready task of highest rank. */
function runOnSlots(
  graph: Adjacency,
  minutes: readonly number[],
  rank: readonly number[],
  slots: number,
): number {
  const missing = graph.dependencies.map((list) => list.length);
  const ends = new Array<number>(minutes.length).fill(0);
  const ready = {
    items: [] as number[],
    before: (a: number, b: number) => at(rank, a) > at(rank, b) || (rank[a] === rank[b] && a < b),
  };
  const running = {
    items: [] as number[],
    before: (a: number, b: number) => at(ends, a) < at(ends, b),
  };
  for (const [node, count] of missing.entries()) if (count === 0) pushHeap(ready, node);
  let now = 0;
  for (;;) {
    while (running.items.length < slots && ready.items.length > 0) {
      const node = popHeap(ready) ?? 0;
      ends[node] = now + at(minutes, node);
      pushHeap(running, node);
    }
    // All that end at one moment free their dependents before the next is chosen.
    let ended = popHeap(running);
    if (ended === undefined) return now;
    now = at(ends, ended);
    for (;;) {
      for (const dependent of at(graph.dependents, ended)) {
        const left = at(missing, dependent) - 1;
        missing[dependent] = left;
        if (left === 0) pushHeap(ready, dependent);
      }
      const next = running.items[0];
      if (next === undefined || at(ends, next) > now) break;
      ended = popHeap(running) ?? next;
    }
  }
}
