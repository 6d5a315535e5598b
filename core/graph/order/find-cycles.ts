import { elementAt } from '../../base/element-at.ts';
import type { Adjacency } from './adjacency.ts';

/** Returns the nodes of a cycle in dependency order, starting at the lowest index; undefined if there is no cycle. */
export function findCycle(graph: Adjacency): readonly number[] | undefined {
  return findCycles(graph, 1)[0];
}

/** Returns at most `limit` cycles without common nodes. Further cycles may exist through the nodes of the returned cycles. */
export function findCycles(graph: Adjacency, limit: number): readonly (readonly number[])[] {
  const cycles: (readonly number[])[] = [];
  const removed = new Uint8Array(graph.ids.length);
  while (cycles.length < limit) {
    removeAcyclicNodes(graph, removed);
    const start = removed.indexOf(0);
    if (start < 0) break;
    const cycle = findShortestCycle(graph, removed, findCycleMember(graph, removed, start));
    cycles.push(cycle);
    for (const node of cycle) removed[node] = 1;
  }
  return cycles;
}

/** Removes nodes without dependencies repeatedly; each remaining node is part of a cycle or depends on a cycle. */
function removeAcyclicNodes(graph: Adjacency, removed: Uint8Array): void {
  const openDependencies = graph.dependencies.map(
    (list) => list.filter((dependency) => removed[dependency] === 0).length,
  );
  const removable = [...openDependencies.keys()].filter(
    (node) => openDependencies[node] === 0 && removed[node] === 0,
  );
  for (let node = removable.pop(); node !== undefined; node = removable.pop()) {
    removed[node] = 1;
    for (const dependent of elementAt(graph.dependents, node)) {
      const openCount = elementAt(openDependencies, dependent) - 1;
      openDependencies[dependent] = openCount;
      if (openCount === 0 && removed[dependent] === 0) removable.push(dependent);
    }
  }
}

/**
 * Returns a node of a cycle by following dependencies from `start` until a node repeats. After `removeAcyclicNodes`, each
 * remaining node has a remaining dependency.
 */
function findCycleMember(graph: Adjacency, removed: Uint8Array, start: number): number {
  const seen = new Set<number>();
  let node = start;
  while (!seen.has(node)) {
    seen.add(node);
    const next = elementAt(graph.dependencies, node).find(
      (dependency) => removed[dependency] === 0,
    );
    if (next === undefined) throw new Error(`node ${node} has no remaining dependency`);
    node = next;
  }
  return node;
}

function findShortestCycle(
  graph: Adjacency,
  removed: Uint8Array,
  member: number,
): readonly number[] {
  const dependencyOf = new Map<number, number>();
  const queue = [member];
  for (const node of queue) {
    for (const dependent of elementAt(graph.dependents, node)) {
      if (removed[dependent] === 1 || dependencyOf.has(dependent)) continue;
      dependencyOf.set(dependent, node);
      if (dependent === member) return rotateToLowest(traceCycle(member, dependencyOf));
      queue.push(dependent);
    }
  }
  throw new Error(`node ${member} is not part of a cycle`);
}

function traceCycle(member: number, dependencyOf: ReadonlyMap<number, number>): number[] {
  const path = [member];
  for (let node = dependencyOf.get(member); node !== undefined && node !== member; ) {
    path.push(node);
    node = dependencyOf.get(node);
  }
  return [member, ...path.slice(1).reverse()];
}

function rotateToLowest(cycle: readonly number[]): readonly number[] {
  const lowest = cycle.indexOf(Math.min(...cycle));
  return [...cycle.slice(lowest), ...cycle.slice(0, lowest)];
}
