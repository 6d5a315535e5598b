import type { FaultKind } from '../faults.ts';
import { FAULT_KINDS } from '../faults.ts';
import type { Coverage } from './coverage.ts';
import { formatCell } from './coverage.ts';
import { PLAN_TRANSITIONS } from './plan-transitions.ts';
import { listPossibleTransitions } from './possible-transitions.ts';
import type { TransitionExemption } from './unreachable-transitions.ts';
import { findExemption } from './unreachable-transitions.ts';

// Renders the coverage as tables, and finds the cells below the required count.

/** Handler faults, which can hit any effect: before, at or after the write of a transition. */
export const STRIKE_KINDS = [
  'crash_before',
  'crash_after',
  'error_before',
  'error_after',
  'freeze',
] as const satisfies readonly FaultKind[];

/** Each reachable cell must occur `times` times in `seeds` seeds; the required count grows in proportion to the seeds. */
const REQUIRED_COUNT = { times: 50, seeds: 20_000 } as const;

/** Returns the required count of each cell; undefined when the seeds are too few for a requirement. */
export function computeRequiredCount(seeds: number): number | undefined {
  return seeds < REQUIRED_COUNT.seeds
    ? undefined
    : Math.floor((REQUIRED_COUNT.times * seeds) / REQUIRED_COUNT.seeds);
}

/** Count of a transition; with `fault`, only of the transitions the fault hit. */
export type Cell = {
  readonly transition: string;
  readonly fault?: FaultKind;
  readonly times: number;
  readonly exemption?: TransitionExemption;
};

/** Lists all transitions of the state table and all other transitions of the run. */
function listTransitions(coverage: Coverage): string[] {
  return [...new Set([...listPossibleTransitions(), ...coverage.transitions.keys()])];
}

export function listCells(coverage: Coverage): Cell[] {
  return listTransitions(coverage).flatMap((transition) => {
    const exemption = findExemption(transition);
    const times = coverage.transitions.get(transition) ?? 0;
    const cells = STRIKE_KINDS.map((fault) => ({
      transition,
      fault,
      times: coverage.cells.get(formatCell(transition, fault)) ?? 0,
    }));
    return [{ transition, times, exemption }, ...(exemption === undefined ? cells : [])];
  });
}

/** Lists the reachable cells with a count below `times`. */
export function listRareCells(coverage: Coverage, times: number): Cell[] {
  return listCells(coverage).filter((cell) => cell.exemption === undefined && cell.times < times);
}

/** Lists transitions that occurred although declared impossible: their reason is wrong. */
export function listOccurredImpossibleCells(coverage: Coverage): Cell[] {
  return listCells(coverage).filter(
    (cell) => cell.exemption?.isPossible === false && cell.times > 0,
  );
}

/** Lists the required transitions of plans with a count below `times`. */
export function listRarePlanTransitions(coverage: Coverage, times: number): [string, number][] {
  return PLAN_TRANSITIONS.map((name): [string, number] => [
    name,
    coverage.plans.get(name) ?? 0,
  ]).filter(([, count]) => count < times);
}

export function renderCoverageTable(coverage: Coverage): string {
  const reachable = listCells(coverage).filter((cell) => cell.exemption === undefined);
  const rows = [...Map.groupBy(reachable, (cell) => cell.transition)].map(([transition, cells]) => [
    transition,
    ...cells.map((cell) => String(cell.times)),
  ]);
  return renderTable([['status x event', 'count', ...STRIKE_KINDS], ...rows]);
}

/** Renders the transitions crossed with all faults except handler faults. */
export function renderOtherFaultsTable(coverage: Coverage): string {
  const handlerFaults: readonly FaultKind[] = STRIKE_KINDS;
  const others = FAULT_KINDS.filter((fault) => !handlerFaults.includes(fault));
  const times = (transition: string, fault: FaultKind): number =>
    coverage.cells.get(formatCell(transition, fault)) ?? 0;
  const names = listTransitions(coverage).filter((name) => coverage.transitions.has(name));
  const occurred = others.filter((fault) => names.some((name) => times(name, fault) > 0));
  const rows = names.map((name) => [name, ...occurred.map((fault) => String(times(name, fault)))]);
  return renderTable([['status x event', ...occurred], ...rows]);
}

export function renderPlansTable(coverage: Coverage): string {
  const names = [...new Set([...PLAN_TRANSITIONS, ...coverage.plans.keys()])];
  const rows = names.map((name) => [
    name,
    String(coverage.plans.get(name) ?? 0),
    PLAN_TRANSITIONS.includes(name) ? 'required' : '',
  ]);
  return renderTable([['status x event', 'count', ''], ...rows]);
}

function renderTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, place) =>
    Math.max(...rows.map((row) => row[place]?.length ?? 0)),
  );
  return rows.map((row) => renderLine(row, widths)).join('\n');
}

function renderLine(row: readonly string[], widths: readonly number[]): string {
  const [first = '', ...rest] = row;
  const cells = rest.map((text, place) => text.padStart(widths[place + 1] ?? 0));
  return [first.padEnd(widths[0] ?? 0), ...cells].join('  ');
}
