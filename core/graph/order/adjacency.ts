// A graph whose nodes are numbers: a number is the index of a task in the given list. The algorithms of this folder use this
// form.

/** An edge: task `to` depends on task `from`. */
export type EdgeEnds = { readonly from: string; readonly to: string };
/** A task, reduced to the fields needed for the graph. */
export type GraphNode = { readonly id: string; readonly dependsOn: readonly string[] };

/** A graph by index; each list has an entry per node. */
export type Adjacency = {
  readonly ids: readonly string[];
  /** Ascending indices without duplicates. */
  readonly dependencies: readonly (readonly number[])[];
  /** Ascending indices without duplicates. */
  readonly dependents: readonly (readonly number[])[];
};

/**
 * Builds the adjacency from the nodes' `dependsOn` and further edges. Unknown ids and dependencies of a node on itself, which
 * `validateGraph` reports as errors, are ignored. If several nodes have the same id, edges refer to the first of these nodes.
 */
export function buildAdjacency(
  nodes: readonly GraphNode[],
  edges: readonly EdgeEnds[] = [],
): Adjacency {
  const indexById = new Map<string, number>();
  for (const [index, node] of nodes.entries()) {
    if (!indexById.has(node.id)) indexById.set(node.id, index);
  }
  const dependencySets = nodes.map(
    (node) =>
      new Set(node.dependsOn.map((id) => indexById.get(id)).filter((index) => index !== undefined)),
  );
  for (const edge of edges) {
    const from = indexById.get(edge.from);
    const to = indexById.get(edge.to);
    if (from !== undefined && to !== undefined) dependencySets[to]?.add(from);
  }
  return connectNodes(
    nodes.map((node) => node.id),
    dependencySets,
  );
}

function connectNodes(
  ids: readonly string[],
  dependencySets: readonly ReadonlySet<number>[],
): Adjacency {
  const dependents: number[][] = ids.map(() => []);
  const dependencies = dependencySets.map((set, index) => {
    const list = [...set].filter((dependency) => dependency !== index).sort((a, b) => a - b);
    for (const dependency of list) dependents[dependency]?.push(index);
    return list;
  });
  return { ids, dependencies, dependents };
}
