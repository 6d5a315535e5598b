import type { FaultKind } from '../faults.ts';
import { FAULT_KINDS } from '../faults.ts';
import type { Coverage } from './coverage.ts';
import { formatCell } from './coverage.ts';
import { PLAN_TRANSITIONS } from './plan-transitions.ts';
import { listPossibleTransitions } from './possible-transitions.ts';
import type { UnreachableReason } from './unreachable-transitions.ts';
import { findUnreachableReason } from './unreachable-transitions.ts';

// What was met as tables: how often each transition was, with which fault, and which were met too seldom.

/** Where a handler can be struck: between any two of its effects, before the write of a transition, at it or after it. */
export const STRIKE_KINDS = [
  'crash_before',
  'crash_after',
  'error_before',
  'error_after',
  'freeze',
] as const satisfies readonly FaultKind[];

/** As often each reachable cell must be met, in so many seeds; in more, as many times as often. */
const DEMANDED_COUNT = { times: 50, seeds: 20_000 } as const;

/** Undefined: so few seeds are held to no number. */
export function computeDemandedTimes(seeds: number): number | undefined {
  return seeds < DEMANDED_COUNT.seeds
    ? undefined
    : Math.floor((DEMANDED_COUNT.times * seeds) / DEMANDED_COUNT.seeds);
}

/** Without a fault: the transition, however it came about. */
export type Cell = {
  readonly transition: string;
  readonly fault?: FaultKind;
  readonly times: number;
  readonly whyNot?: UnreachableReason;
};

/** All transitions that the state table has, and any other that was met. */
function listTransitions(coverage: Coverage): string[] {
  return [...new Set([...listPossibleTransitions(), ...coverage.transitions.keys()])];
}

export function listCells(coverage: Coverage): Cell[] {
  return listTransitions(coverage).flatMap((transition) => {
    const whyNot = findUnreachableReason(transition);
    const times = coverage.transitions.get(transition) ?? 0;
    const cells = STRIKE_KINDS.map((fault) => ({
      transition,
      fault,
      times: coverage.cells.get(formatCell(transition, fault)) ?? 0,
    }));
    return [{ transition, times, whyNot }, ...(whyNot === undefined ? cells : [])];
  });
}

/** Cells that can exist and were met less than `times` times. */
export function listSeldomMetCells(coverage: Coverage, times: number): Cell[] {
  return listCells(coverage).filter((cell) => cell.whyNot === undefined && cell.times < times);
}

/** Transitions that cannot exist, by their reason, and were met all the same: the reason is wrong. */
export function listMetImpossibleCells(coverage: Coverage): Cell[] {
  return listCells(coverage).filter(
    (cell) => cell.whyNot?.isNotAskedFor === false && cell.times > 0,
  );
}

/** Of each status x event of plans that the list names: those met less than `times` times. */
export function listSeldomMetPlanTransitions(
  coverage: Coverage,
  times: number,
): [string, number][] {
  return PLAN_TRANSITIONS.map((name): [string, number] => [
    name,
    coverage.plans.get(name) ?? 0,
  ]).filter(([, met]) => met < times);
}

export function renderCoverageTable(coverage: Coverage): string {
  const reachable = listCells(coverage).filter((cell) => cell.whyNot === undefined);
  const rows = [...Map.groupBy(reachable, (cell) => cell.transition)].map(([transition, cells]) => [
    transition,
    ...cells.map((cell) => String(cell.times)),
  ]);
  return renderTable([['status x event', 'met', ...STRIKE_KINDS], ...rows]);
}

/** The same of all other faults that were met in a handler. */
export function renderOtherFaultsTable(coverage: Coverage): string {
  const crossed: readonly FaultKind[] = STRIKE_KINDS;
  const others = FAULT_KINDS.filter((fault) => !crossed.includes(fault));
  const times = (transition: string, fault: FaultKind): number =>
    coverage.cells.get(formatCell(transition, fault)) ?? 0;
  const names = listTransitions(coverage).filter((name) => coverage.transitions.has(name));
  const met = others.filter((fault) => names.some((name) => times(name, fault) > 0));
  const rows = names.map((name) => [name, ...met.map((fault) => String(times(name, fault)))]);
  return renderTable([['status x event', ...met], ...rows]);
}

export function renderPlansTable(coverage: Coverage): string {
  const names = [...new Set([...PLAN_TRANSITIONS, ...coverage.plans.keys()])];
  const rows = names.map((name) => [
    name,
    String(coverage.plans.get(name) ?? 0),
    PLAN_TRANSITIONS.includes(name) ? 'demanded' : '',
  ]);
  return renderTable([['status x event', 'met', ''], ...rows]);
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
