import { elementAt } from '../element-at.ts';
import type { Adjacency, EdgeEnds, GraphNode } from './adjacency.ts';
import { buildAdjacency } from './adjacency.ts';
import { orderTopologically } from './order-topologically.ts';

/** `estimate`: minutes, the weight of a path. */
export type WeightedNode = GraphNode & { readonly estimate: number };

/** From 1: a task's wave is one more than the highest among its dependencies. Throws on a cycle, like all here. */
export function computeWaves(
  nodes: readonly GraphNode[],
  edges: readonly EdgeEnds[] = [],
): Map<string, number> {
  const graph = buildAdjacency(nodes, edges);
  return mapById(graph, orderTopologically(graph).waves);
}

/** Minutes of the longest path still ahead of a task, with its own: what is to be started first. */
export function computeRanks(
  nodes: readonly WeightedNode[],
  edges: readonly EdgeEnds[] = [],
): Map<string, number> {
  const graph = buildAdjacency(nodes, edges);
  const order = orderTopologically(graph).order;
  return mapById(
    graph,
    rankNodes(
      graph,
      order,
      nodes.map((node) => node.estimate),
    ),
  );
}

/** The chain of tasks that takes longest; of equal ones the first given. */
export function findCriticalPath(
  nodes: readonly WeightedNode[],
  edges: readonly EdgeEnds[] = [],
): { readonly path: string[]; readonly minutes: number } {
  const graph = buildAdjacency(nodes, edges);
  const weights = nodes.map((node) => node.estimate);
  const rank = rankNodes(graph, orderTopologically(graph).order, weights);
  const path = followHighestRank(graph, rank);
  return {
    path: path.map((node) => elementAt(graph.ids, node)),
    minutes: rank[path[0] ?? -1] ?? 0,
  };
}

/** Per node the weight of the heaviest path that begins with it. */
export function rankNodes(
  graph: Adjacency,
  order: readonly number[],
  weights: readonly number[],
): number[] {
  const rank = [...weights];
  for (const node of order.toReversed()) {
    let ahead = 0;
    for (const dependent of elementAt(graph.dependents, node)) {
      ahead = Math.max(ahead, elementAt(rank, dependent));
    }
    rank[node] = elementAt(weights, node) + ahead;
  }
  return rank;
}

/** From the node of highest rank always on to the dependent of highest rank. */
export function followHighestRank(graph: Adjacency, rank: readonly number[]): number[] {
  const path: number[] = [];
  let next = findHighestRank([...rank.keys()], rank);
  while (next !== undefined) {
    path.push(next);
    next = findHighestRank(elementAt(graph.dependents, next), rank);
  }
  return path;
}

function findHighestRank(nodes: readonly number[], rank: readonly number[]): number | undefined {
  let best = nodes[0];
  for (const node of nodes) {
    if (best === undefined || elementAt(rank, node) > elementAt(rank, best)) best = node;
  }
  return best;
}

function mapById(graph: Adjacency, values: readonly number[]): Map<string, number> {
  return new Map(graph.ids.map((id, node) => [id, elementAt(values, node)]));
}
