import { elementAt } from '../element-at.ts';
import type { Adjacency } from './adjacency.ts';
import { findCycle } from './find-cycles.ts';

export type TopologicalOrder = {
  /** Nodes by wave, then as given: the one topological order that everything here follows. */
  readonly order: readonly number[];
  /** Per node, from 1: one more than the highest wave among its dependencies. */
  readonly waves: readonly number[];
};

/** Throws on a cycle, which `validateGraph` would have named before. */
export function orderTopologically(graph: Adjacency): TopologicalOrder {
  const missing = graph.dependencies.map((list) => list.length);
  const waves = new Array<number>(graph.ids.length).fill(0);
  const order: number[] = [];
  let wave = [...missing.keys()].filter((node) => missing[node] === 0);
  for (let number = 1; wave.length > 0; number++) {
    const next: number[] = [];
    for (const node of wave) {
      waves[node] = number;
      order.push(node);
      for (const dependent of elementAt(graph.dependents, node)) {
        const left = elementAt(missing, dependent) - 1;
        missing[dependent] = left;
        if (left === 0) next.push(dependent);
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
