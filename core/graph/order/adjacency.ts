// A graph in numbers: the position in the given list stands for the task. Everything that walks a graph walks this.

/** `to` waits on `from`. */
export type EdgeEnds = { readonly from: string; readonly to: string };
export type GraphNode = { readonly id: string; readonly dependsOn: readonly string[] };

export type Adjacency = {
  readonly ids: readonly string[];
  /** Per node, ascending, each once. */
  readonly dependencies: readonly (readonly number[])[];
  readonly dependents: readonly (readonly number[])[];
};

/**
 * Joins what the nodes name in `dependsOn` with further edges. What `validateGraph` reports as errors is left out here:
 * unknown ids and a node that waits on itself. Of nodes with one id the first is meant by that id.
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
      new Set(node.dependsOn.map((id) => index.get(id)).filter((known) => known !== undefined)),
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
