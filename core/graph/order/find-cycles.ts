import { elementAt } from '../element-at.ts';
import type { Adjacency } from './adjacency.ts';

/** Members of a cycle, each before the one that waits on it, from the one given first. */
export function findCycle(graph: Adjacency): readonly number[] | undefined {
  return findCycles(graph, 1)[0];
}

/** Cycles without a common member, at most `limit`. Breaking all of them may show further ones. */
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

/** Removes again and again what waits on nothing; what stays is in a cycle or behind one. */
function removeAcyclicNodes(graph: Adjacency, removed: Uint8Array): void {
  const missing = graph.dependencies.map(
    (list) => list.filter((other) => removed[other] === 0).length,
  );
  const free = [...missing.keys()].filter((node) => missing[node] === 0 && removed[node] === 0);
  for (let node = free.pop(); node !== undefined; node = free.pop()) {
    removed[node] = 1;
    for (const dependent of elementAt(graph.dependents, node)) {
      const left = elementAt(missing, dependent) - 1;
      missing[dependent] = left;
      if (left === 0 && removed[dependent] === 0) free.push(dependent);
    }
  }
}

/** Walking from dependency to dependency has to come back to a node that was seen, as each still has one. */
function findCycleMember(graph: Adjacency, removed: Uint8Array, start: number): number {
  const seen = new Set<number>();
  let node = start;
  while (!seen.has(node)) {
    seen.add(node);
    const next = elementAt(graph.dependencies, node).find((other) => removed[other] === 0);
    if (next === undefined) throw new Error('a node without dependencies cannot be left over');
    node = next;
  }
  return node;
}

function findShortestCycle(
  graph: Adjacency,
  removed: Uint8Array,
  member: number,
): readonly number[] {
  const cameFrom = new Map<number, number>();
  const queue = [member];
  for (const node of queue) {
    for (const dependent of elementAt(graph.dependents, node)) {
      if (removed[dependent] === 1 || cameFrom.has(dependent)) continue;
      cameFrom.set(dependent, node);
      if (dependent === member) return rotateToFirst(traceCycle(member, cameFrom));
      queue.push(dependent);
    }
  }
  throw new Error('the node is in no cycle');
}

function traceCycle(member: number, cameFrom: ReadonlyMap<number, number>): number[] {
  const path = [member];
  for (let node = cameFrom.get(member); node !== undefined && node !== member; ) {
    path.push(node);
    node = cameFrom.get(node);
  }
  return [member, ...path.slice(1).reverse()];
}

function rotateToFirst(cycle: readonly number[]): readonly number[] {
  const first = cycle.indexOf(Math.min(...cycle));
  return [...cycle.slice(first), ...cycle.slice(0, first)];
}
