import { elementAt } from '../../base/element-at.ts';
import type { Adjacency, EdgeEnds, GraphNode } from './adjacency.ts';
import { buildAdjacency } from './adjacency.ts';
import { orderTopologically } from './order-topologically.ts';

/** A node with an estimate in minutes. */
export type WeightedNode = GraphNode & { readonly estimate: number };

/**
 * Returns the wave of each task: 1 for a task without dependencies, otherwise 1 more than the highest wave of its
 * dependencies. Throws on a cycle.
 */
export function computeWaves(
  nodes: readonly GraphNode[],
  edges: readonly EdgeEnds[] = [],
): Map<string, number> {
  const graph = buildAdjacency(nodes, edges);
  return mapById(graph, orderTopologically(graph).waves);
}

/** Returns the rank of each task: the minutes of the longest path from the task to the end. Throws on a cycle. */
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

/** Returns the chain of tasks with the longest total estimate. Throws on a cycle. */
export function findCriticalPath(
  nodes: readonly WeightedNode[],
  edges: readonly EdgeEnds[] = [],
): { readonly path: string[]; readonly minutes: number } {
  const graph = buildAdjacency(nodes, edges);
  const estimates = nodes.map((node) => node.estimate);
  const rank = rankNodes(graph, orderTopologically(graph).order, estimates);
  const path = followHighestRank(graph, rank);
  return {
    path: path.map((node) => elementAt(graph.ids, node)),
    minutes: rank[path[0] ?? -1] ?? 0,
  };
}

/** Computes the rank of each node: the minutes of the longest path that starts at the node. `order` must be topological. */
export function rankNodes(
  graph: Adjacency,
  order: readonly number[],
  estimates: readonly number[],
): number[] {
  const rank = [...estimates];
  for (const node of order.toReversed()) {
    let highest = 0;
    for (const dependent of elementAt(graph.dependents, node)) {
      highest = Math.max(highest, elementAt(rank, dependent));
    }
    rank[node] = elementAt(estimates, node) + highest;
  }
  return rank;
}

/** Follows the longest path: from the node with the highest rank to its dependent with the highest rank, and so on. */
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
