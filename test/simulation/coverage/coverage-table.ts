import { FAULT_KINDS, type FaultKind } from '../faults.ts';
import { type Coverage, cellOf } from './coverage.ts';
import { PLAN_TRANSITIONS } from './plan-transitions.ts';
import { possibleTransitions } from './possible.ts';
import { type WhyNot, whyUnreachable } from './unreachable.ts';

// What was met as tables: how often each transition was, with which fault, and which were met too seldom.

/** Where a handler can be struck: between any two of its effects, before the write of a transition, at it or after it. */
export const CROSSED = [
  'crash_before',
  'crash_after',
  'error_before',
  'error_after',
  'freeze',
] as const satisfies readonly FaultKind[];

/** As often each reachable cell must be met, in so many seeds; in more, as many times as often. */
const ENOUGH = { times: 50, seeds: 20_000 } as const;

/** Undefined: so few seeds are held to no number. */
export function timesDemanded(seeds: number): number | undefined {
  return seeds < ENOUGH.seeds ? undefined : Math.floor((ENOUGH.times * seeds) / ENOUGH.seeds);
}

/** Without a fault: the transition, however it came about. */
export type Cell = { transition: string; fault?: FaultKind; times: number; whyNot?: WhyNot };

/** All transitions that the state table has, and any other that was met. */
function namesOf(coverage: Coverage): string[] {
  return [...new Set([...possibleTransitions(), ...coverage.transitions.keys()])];
}

export function cellsOf(coverage: Coverage): Cell[] {
  return namesOf(coverage).flatMap((transition) => {
    const whyNot = whyUnreachable(transition);
    const times = coverage.transitions.get(transition) ?? 0;
    const cells = CROSSED.map((fault) => ({
      transition,
      fault,
      times: coverage.cells.get(cellOf(transition, fault)) ?? 0,
    }));
    return [{ transition, times, whyNot }, ...(whyNot === undefined ? cells : [])];
  });
}

/** Cells that can exist and were met less than `times` times. */
export function seldomMet(coverage: Coverage, times: number): Cell[] {
  return cellsOf(coverage).filter((cell) => cell.whyNot === undefined && cell.times < times);
}

/** Transitions that cannot exist, by their reason, and were met all the same: the reason is wrong. */
export function metAllTheSame(coverage: Coverage): Cell[] {
  return cellsOf(coverage).filter((cell) => cell.whyNot?.isNotAskedFor === false && cell.times > 0);
}

/** Of each status x event of plans that the list names: those met less than `times` times. */
export function plansSeldomMet(coverage: Coverage, times: number): [string, number][] {
  return PLAN_TRANSITIONS.map((name): [string, number] => [
    name,
    coverage.plans.get(name) ?? 0,
  ]).filter(([, met]) => met < times);
}

export function coverageTable(coverage: Coverage): string {
  const reachable = cellsOf(coverage).filter((cell) => cell.whyNot === undefined);
  const rows = [...Map.groupBy(reachable, (cell) => cell.transition)].map(([transition, cells]) => [
    transition,
    ...cells.map((cell) => String(cell.times)),
  ]);
  return tableOf([['status x event', 'met', ...CROSSED], ...rows]);
}

/** The same of all other faults that were met in a handler. */
export function otherFaultsTable(coverage: Coverage): string {
  const crossed: readonly FaultKind[] = CROSSED;
  const others = FAULT_KINDS.filter((fault) => !crossed.includes(fault));
  const times = (transition: string, fault: FaultKind): number =>
    coverage.cells.get(cellOf(transition, fault)) ?? 0;
  const names = namesOf(coverage).filter((name) => coverage.transitions.has(name));
  const met = others.filter((fault) => names.some((name) => times(name, fault) > 0));
  const rows = names.map((name) => [name, ...met.map((fault) => String(times(name, fault)))]);
  return tableOf([['status x event', ...met], ...rows]);
}

export function plansTable(coverage: Coverage): string {
  const names = [...new Set([...PLAN_TRANSITIONS, ...coverage.plans.keys()])];
  const rows = names.map((name) => [
    name,
    String(coverage.plans.get(name) ?? 0),
    PLAN_TRANSITIONS.includes(name) ? 'demanded' : '',
  ]);
  return tableOf([['status x event', 'met', ''], ...rows]);
}

function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, place) =>
    Math.max(...rows.map((row) => row[place]?.length ?? 0)),
  );
  return rows.map((row) => lineOf(row, widths)).join('\n');
}

function lineOf(row: readonly string[], widths: readonly number[]): string {
  const [first = '', ...rest] = row;
  const cells = rest.map((text, place) => text.padStart(widths[place + 1] ?? 0));
  return [first.padEnd(widths[0] ?? 0), ...cells].join('  ');
}
