import type { FaultKind } from '../faults.ts';
import { FAULT_KINDS } from '../faults.ts';
import type { Coverage } from './coverage.ts';
import { formatCell } from './coverage.ts';
import { REQUIRED_PLAN_TRANSITIONS } from './plan-transitions.ts';
import { listPossibleTransitions } from './possible-transitions.ts';
import type { TransitionExemption } from './unreachable-transitions.ts';
import { findExemption } from './unreachable-transitions.ts';

// Renders the coverage as tables, and finds the counts below the required count.

/** Handler faults, in the order of the columns. A handler fault can hit any effect, before or after the effect happens. */
export const HANDLER_FAULT_KINDS = [
  'crash_before_effect',
  'crash_after_effect',
  'error_before_effect',
  'error_after_effect',
  'handler_freeze',
] as const satisfies readonly FaultKind[];

/** Required occurrences in 20,000 seeds of each transition, and of each pair of a transition and a handler fault. */
const REQUIRED_COUNT = 50;
const SEEDS_OF_REQUIRED_COUNT = 20_000;

/** Returns the required count in proportion to the seeds; undefined for fewer than 20,000 seeds, which require nothing. */
export function computeRequiredCount(seedCount: number): number | undefined {
  return seedCount < SEEDS_OF_REQUIRED_COUNT
    ? undefined
    : Math.floor((REQUIRED_COUNT * seedCount) / SEEDS_OF_REQUIRED_COUNT);
}

/** Cell of the coverage table: how often a transition occurred, or, with `fault`, how often the fault hit the transition. */
export type Cell = {
  readonly transition: string;
  readonly fault?: FaultKind;
  readonly times: number;
  readonly exemption?: TransitionExemption;
};

/** Lists the transitions that the state table allows, and all other transitions that occurred. */
function listTransitions(coverage: Coverage): string[] {
  return [...new Set([...listPossibleTransitions(), ...coverage.transitions.keys()])];
}

export function listCells(coverage: Coverage): Cell[] {
  return listTransitions(coverage).flatMap((transition) => {
    const exemption = findExemption(transition);
    const times = coverage.transitions.get(transition) ?? 0;
    const cells = HANDLER_FAULT_KINDS.map((fault) => ({
      transition,
      fault,
      times: coverage.faultedTransitions.get(formatCell(transition, fault)) ?? 0,
    }));
    return [{ transition, times, exemption }, ...(exemption === undefined ? cells : [])];
  });
}

/** Lists the cells without an exemption that occurred less often than `requiredCount`. */
export function listCellsBelow(coverage: Coverage, requiredCount: number): Cell[] {
  return listCells(coverage).filter(
    (cell) => cell.exemption === undefined && cell.times < requiredCount,
  );
}

/** Lists transitions that occurred although their exemption declares them impossible. */
export function listOccurredImpossibleCells(coverage: Coverage): Cell[] {
  return listCells(coverage).filter(
    (cell) => cell.exemption?.isPossible === false && cell.times > 0,
  );
}

/** Lists the required transitions of plans that occurred less often than `requiredCount`. */
export function listPlanTransitionsBelow(
  coverage: Coverage,
  requiredCount: number,
): [string, number][] {
  return REQUIRED_PLAN_TRANSITIONS.map((name): [string, number] => [
    name,
    coverage.planTransitions.get(name) ?? 0,
  ]).filter(([, count]) => count < requiredCount);
}

/** Renders the count of each transition without an exemption, and how often each handler fault hit the transition. */
export function renderHandlerFaultsTable(coverage: Coverage): string {
  const requiredCells = listCells(coverage).filter((cell) => cell.exemption === undefined);
  const rows = [...Map.groupBy(requiredCells, (cell) => cell.transition)].map(
    ([transition, cells]) => [transition, ...cells.map((cell) => String(cell.times))],
  );
  return renderTable([['status x event', 'count', ...HANDLER_FAULT_KINDS], ...rows]);
}

/** Renders how often each fault other than the handler faults hit each transition. */
export function renderOtherFaultsTable(coverage: Coverage): string {
  const handlerFaults: readonly FaultKind[] = HANDLER_FAULT_KINDS;
  const otherFaults = FAULT_KINDS.filter((fault) => !handlerFaults.includes(fault));
  const getCount = (transition: string, fault: FaultKind): number =>
    coverage.faultedTransitions.get(formatCell(transition, fault)) ?? 0;
  const names = listTransitions(coverage).filter((name) => coverage.transitions.has(name));
  const occurredFaults = otherFaults.filter((fault) =>
    names.some((name) => getCount(name, fault) > 0),
  );
  const rows = names.map((name) => [
    name,
    ...occurredFaults.map((fault) => String(getCount(name, fault))),
  ]);
  return renderTable([['status x event', ...occurredFaults], ...rows]);
}

export function renderPlanTransitionsTable(coverage: Coverage): string {
  const names = [...new Set([...REQUIRED_PLAN_TRANSITIONS, ...coverage.planTransitions.keys()])];
  const rows = names.map((name) => [
    name,
    String(coverage.planTransitions.get(name) ?? 0),
    REQUIRED_PLAN_TRANSITIONS.includes(name) ? 'required' : '',
  ]);
  return renderTable([['status x event', 'count', ''], ...rows]);
}

function renderTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) => renderLine(row, widths)).join('\n');
}

function renderLine(row: readonly string[], widths: readonly number[]): string {
  const [name = '', ...counts] = row;
  const alignedCounts = counts.map((text, index) => text.padStart(widths[index + 1] ?? 0));
  return [name.padEnd(widths[0] ?? 0), ...alignedCounts].join('  ');
}
