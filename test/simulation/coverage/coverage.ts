import type { FaultKind } from '../faults.ts';

// Coverage of a run: the counts of task transitions (status x event), of task transitions crossed with the faults of their
// handler, of plan transitions, and of faults.

/** Counts by name. */
export type Coverage = {
  readonly transitions: Map<string, number>;
  readonly cells: Map<string, number>;
  readonly plans: Map<string, number>;
  readonly faults: Map<string, number>;
  countTransition(name: string): void;
  countPlanTransition(name: string): void;
  countCell(name: string, fault: FaultKind): void;
};

export function createCoverage(): Coverage {
  const coverage: Coverage = {
    transitions: new Map(),
    cells: new Map(),
    plans: new Map(),
    faults: new Map(),
    countTransition: (name) => addCount(coverage.transitions, name, 1),
    countPlanTransition: (name) => addCount(coverage.plans, name, 1),
    countCell: (name, fault) => addCount(coverage.cells, formatCell(name, fault), 1),
  };
  return coverage;
}

export function formatTransition(from: string, event: string): string {
  return `${from} x ${event}`;
}

export function formatCell(transition: string, fault: string): string {
  return `${transition} x ${fault}`;
}

export function addCount(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count);
}

/** Coverage without functions, as worker threads send it. */
export type PlainCoverage = {
  readonly transitions: [string, number][];
  readonly cells: [string, number][];
  readonly plans: [string, number][];
  readonly faults: [string, number][];
};

export function toPlainCoverage(coverage: Coverage): PlainCoverage {
  return {
    transitions: [...coverage.transitions],
    cells: [...coverage.cells],
    plans: [...coverage.plans],
    faults: [...coverage.faults],
  };
}

export function addCoverage(into: Coverage, from: PlainCoverage): void {
  for (const [name, count] of from.transitions) addCount(into.transitions, name, count);
  for (const [name, count] of from.cells) addCount(into.cells, name, count);
  for (const [name, count] of from.plans) addCount(into.plans, name, count);
  for (const [name, count] of from.faults) addCount(into.faults, name, count);
}
