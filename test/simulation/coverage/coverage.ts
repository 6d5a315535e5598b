import type { FaultKind } from '../faults.ts';

// What a run has met: transitions of tasks (status x event), each with what went wrong in the handler that wrote it or was
// about to write it, transitions of plans, and faults.

export type Coverage = {
  transitions: Map<string, number>;
  cells: Map<string, number>;
  plans: Map<string, number>;
  faults: Map<string, number>;
  transition(name: string): void;
  planTransition(name: string): void;
  cross(name: string, fault: FaultKind): void;
};

export function createCoverage(): Coverage {
  const coverage: Coverage = {
    transitions: new Map(),
    cells: new Map(),
    plans: new Map(),
    faults: new Map(),
    transition: (name) => count(coverage.transitions, name, 1),
    planTransition: (name) => count(coverage.plans, name, 1),
    cross: (name, fault) => count(coverage.cells, cellOf(name, fault), 1),
  };
  return coverage;
}

export function transitionName(from: string, event: string): string {
  return `${from} x ${event}`;
}

export function cellOf(transition: string, fault: string): string {
  return `${transition} x ${fault}`;
}

export function count(counts: Map<string, number>, name: string, by: number): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}

export type PlainCoverage = {
  transitions: [string, number][];
  cells: [string, number][];
  plans: [string, number][];
  faults: [string, number][];
};

export function plainCoverage(coverage: Coverage): PlainCoverage {
  return {
    transitions: [...coverage.transitions],
    cells: [...coverage.cells],
    plans: [...coverage.plans],
    faults: [...coverage.faults],
  };
}

export function addCoverage(into: Coverage, from: PlainCoverage): void {
  for (const [name, by] of from.transitions) count(into.transitions, name, by);
  for (const [name, by] of from.cells) count(into.cells, name, by);
  for (const [name, by] of from.plans) count(into.plans, name, by);
  for (const [name, by] of from.faults) count(into.faults, name, by);
}
