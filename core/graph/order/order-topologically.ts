import { elementAt } from '../../base/element-at.ts';
import type { Adjacency } from './adjacency.ts';
import { findCycle } from './find-cycles.ts';

/** A topological order with the wave of each node. */
export type TopologicalOrder = {
  /** Nodes sorted by wave, then by index. */
  readonly order: readonly number[];
  /** Wave of each node: 1 for a node without dependencies, otherwise 1 more than the highest wave of its dependencies. */
  readonly waves: readonly number[];
};

/** Sorts a graph topologically; throws on a cycle, which `validateGraph` reports as an error. */
export function orderTopologically(graph: Adjacency): TopologicalOrder {
  const openDependencies = graph.dependencies.map((list) => list.length);
  const waves = new Array<number>(graph.ids.length).fill(0);
  const order: number[] = [];
  let wave = [...openDependencies.keys()].filter((node) => openDependencies[node] === 0);
  for (let waveNumber = 1; wave.length > 0; waveNumber++) {
    const next: number[] = [];
    for (const node of wave) {
      waves[node] = waveNumber;
      order.push(node);
      for (const dependent of elementAt(graph.dependents, node)) {
        const openCount = elementAt(openDependencies, dependent) - 1;
        openDependencies[dependent] = openCount;
        if (openCount === 0) next.push(dependent);
      }
    }
    wave = next.sort((a, b) => a - b);
  }
  if (order.length < graph.ids.length) {
    const cycle = findCycle(graph)?.map((node) => graph.ids[node]);
    throw new Error(`the graph has a cycle: ${cycle?.slice(0, 20).join(' -> ')}`);
  }
  return { order, waves };
}
