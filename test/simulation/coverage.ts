import type { FaultKind } from './faults.ts';

// What a run has met: transitions (status x event), each with what went wrong in the handler that wrote it, and faults.

export type Coverage = {
  transitions: Map<string, number>;
  crossed: Map<string, number>;
  faults: Map<string, number>;
  transition(from: string, event: string, faults: ReadonlySet<FaultKind>): void;
};

export function createCoverage(): Coverage {
  const transitions = new Map<string, number>();
  const crossed = new Map<string, number>();
  return {
    transitions,
    crossed,
    faults: new Map(),
    transition(from, event, faults) {
      const name = `${from} x ${event}`;
      count(transitions, name, 1);
      for (const fault of faults) count(crossed, `${name} x ${fault}`, 1);
    },
  };
}

export function count(counts: Map<string, number>, name: string, by: number): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}

export type PlainCoverage = {
  transitions: [string, number][];
  crossed: [string, number][];
  faults: [string, number][];
};

export function plainCoverage(coverage: Coverage): PlainCoverage {
  return {
    transitions: [...coverage.transitions],
    crossed: [...coverage.crossed],
    faults: [...coverage.faults],
  };
}

export function addCoverage(into: Coverage, from: PlainCoverage): void {
  for (const [name, by] of from.transitions) count(into.transitions, name, by);
  for (const [name, by] of from.crossed) count(into.crossed, name, by);
  for (const [name, by] of from.faults) count(into.faults, name, by);
}
