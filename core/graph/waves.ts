import { type Adjacency, buildAdjacency, type EdgeEnds, type GraphNode } from './adjacency.ts';
import { at } from './at.ts';
import { topologicalOrder } from './order.ts';

/** `estimate`: minutes, the weight of a path. */
export type WeightedNode = GraphNode & { readonly estimate: number };

/** From 1: a task's wave is one more than the highest among its dependencies. Throws on a cycle, like all here. */
export function computeWaves(
  nodes: readonly GraphNode[],
  edges: readonly EdgeEnds[] = [],
): Map<string, number> {
  const graph = buildAdjacency(nodes, edges);
  return byId(graph, topologicalOrder(graph).waves);
}

/** Minutes of the longest path still ahead of a task, with its own: what is to be started first. */
export function ranks(
  nodes: readonly WeightedNode[],
  edges: readonly EdgeEnds[] = [],
): Map<string, number> {
  const graph = buildAdjacency(nodes, edges);
  const order = topologicalOrder(graph).order;
  return byId(
    graph,
    rankNodes(
      graph,
      order,
      nodes.map((node) => node.estimate),
    ),
  );
}

/** The chain of tasks that takes longest; of equal ones the first given. */
export function criticalPath(
  nodes: readonly WeightedNode[],
  edges: readonly EdgeEnds[] = [],
): { path: string[]; minutes: number } {
  const graph = buildAdjacency(nodes, edges);
  const weights = nodes.map((node) => node.estimate);
  const rank = rankNodes(graph, topologicalOrder(graph).order, weights);
  const path = followHighest(graph, rank);
  return { path: path.map((node) => at(graph.ids, node)), minutes: rank[path[0] ?? -1] ?? 0 };
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
    for (const dependent of at(graph.dependents, node)) {
      ahead = Math.max(ahead, at(rank, dependent));
    }
    rank[node] = at(weights, node) + ahead;
  }
  return rank;
}

/** From the node of highest rank always on to the dependent of highest rank. */
export function followHighest(graph: Adjacency, rank: readonly number[]): number[] {
  const path: number[] = [];
  let next = highest([...rank.keys()], rank);
  while (next !== undefined) {
    path.push(next);
    next = highest(at(graph.dependents, next), rank);
  }
  return path;
}

function highest(nodes: readonly number[], rank: readonly number[]): number | undefined {
  let best = nodes[0];
  for (const node of nodes) {
    if (best === undefined || at(rank, node) > at(rank, best)) best = node;
  }
  return best;
}

function byId(graph: Adjacency, values: readonly number[]): Map<string, number> {
  return new Map(graph.ids.map((id, node) => [id, at(values, node)]));
}
