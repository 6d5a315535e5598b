import type { FaultKind } from '../faults.ts';

// What a run has met: transitions of tasks (status x event), each with what went wrong in the handler that wrote it or was
// about to write it, transitions of plans, and faults.

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

export function addCount(counts: Map<string, number>, name: string, by: number): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}

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
  for (const [name, by] of from.transitions) addCount(into.transitions, name, by);
  for (const [name, by] of from.cells) addCount(into.cells, name, by);
  for (const [name, by] of from.plans) addCount(into.plans, name, by);
  for (const [name, by] of from.faults) addCount(into.faults, name, by);
}
