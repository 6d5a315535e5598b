// A graph in numbers: the index in the given list stands for the task. All algorithms of this folder use this form.

/** An edge: task `to` depends on task `from`. */
export type EdgeEnds = { readonly from: string; readonly to: string };
/** A task, reduced to the fields needed for the graph. */
export type GraphNode = { readonly id: string; readonly dependsOn: readonly string[] };

/** Neighbours of each node, by index. */
export type Adjacency = {
  readonly ids: readonly string[];
  /** Per node: ascending indices without duplicates. */
  readonly dependencies: readonly (readonly number[])[];
  readonly dependents: readonly (readonly number[])[];
};

/**
 * Builds the adjacency from the nodes' `dependsOn` and further edges. Unknown ids and dependencies of a node on itself, which
 * `validateGraph` reports as errors, are ignored. Of several nodes with the same id, edges refer to the first node.
 */
export function buildAdjacency(
  nodes: readonly GraphNode[],
  edges: readonly EdgeEnds[] = [],
): Adjacency {
  const index = new Map<string, number>();
  for (const [position, node] of nodes.entries()) {
    if (!index.has(node.id)) index.set(node.id, position);
  }
  const sets = nodes.map(
    (node) =>
      new Set(
        node.dependsOn.map((id) => index.get(id)).filter((position) => position !== undefined),
      ),
  );
  for (const edge of edges) {
    const from = index.get(edge.from);
    const to = index.get(edge.to);
    if (from !== undefined && to !== undefined) sets[to]?.add(from);
  }
  return connectNodes(
    nodes.map((node) => node.id),
    sets,
  );
}

function connectNodes(ids: readonly string[], sets: readonly ReadonlySet<number>[]): Adjacency {
  const dependents: number[][] = ids.map(() => []);
  const dependencies = sets.map((set, position) => {
    const list = [...set].filter((other) => other !== position).sort((a, b) => a - b);
    for (const other of list) dependents[other]?.push(position);
    return list;
  });
  return { ids, dependencies, dependents };
}
