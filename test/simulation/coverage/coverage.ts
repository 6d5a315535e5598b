import type { FaultKind } from '../faults.ts';

// Coverage of a run: how often each task transition (`<status> x <event>`), each pair of a task transition and a fault that hit its
// handler, each plan transition, and each fault occurred.

/** Counts by name, such as `ready x claimed`, or `ready x claimed x crash_before_effect` for a transition with a fault. */
export type Coverage = {
  readonly transitions: Map<string, number>;
  readonly faultedTransitions: Map<string, number>;
  readonly planTransitions: Map<string, number>;
  readonly faults: Map<string, number>;
  countTransition(transition: string): void;
  countPlanTransition(transition: string): void;
  countCell(transition: string, fault: FaultKind): void;
};

export function createCoverage(): Coverage {
  const coverage: Coverage = {
    transitions: new Map(),
    faultedTransitions: new Map(),
    planTransitions: new Map(),
    faults: new Map(),
    countTransition: (name) => addCount(coverage.transitions, name, 1),
    countPlanTransition: (name) => addCount(coverage.planTransitions, name, 1),
    countCell: (name, fault) => addCount(coverage.faultedTransitions, formatCell(name, fault), 1),
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

/** Coverage as plain data, which a worker thread can send. */
export type PlainCoverage = {
  readonly transitions: [string, number][];
  readonly faultedTransitions: [string, number][];
  readonly planTransitions: [string, number][];
  readonly faults: [string, number][];
};

export function toPlainCoverage(coverage: Coverage): PlainCoverage {
  return {
    transitions: [...coverage.transitions],
    faultedTransitions: [...coverage.faultedTransitions],
    planTransitions: [...coverage.planTransitions],
    faults: [...coverage.faults],
  };
}

export function addCoverage(total: Coverage, part: PlainCoverage): void {
  for (const [name, count] of part.transitions) addCount(total.transitions, name, count);
  for (const [name, count] of part.faultedTransitions)
    addCount(total.faultedTransitions, name, count);
  for (const [name, count] of part.planTransitions) addCount(total.planTransitions, name, count);
  for (const [name, count] of part.faults) addCount(total.faults, name, count);
}
