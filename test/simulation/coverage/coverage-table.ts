import type { FaultKind } from '../faults.ts';
import { type Coverage, cellOf } from './coverage.ts';
import { possibleTransitions } from './possible.ts';
import { type WhyNot, whyUnreachable } from './unreachable.ts';

// Transition x fault as a table: how often each was met, and which were met too seldom.

/** Where a handler can be struck: between any two of its effects, before the write of a transition, at it or after it. */
export const CROSSED = [
  'crash_before',
  'crash_after',
  'error_before',
  'error_after',
  'freeze',
] as const satisfies readonly FaultKind[];

/** As often each reachable cell must be met, in so many seeds. */
export const ENOUGH = { times: 50, seeds: 20_000 } as const;

/** Without a fault: the transition, however it came about. */
export type Cell = { transition: string; fault?: FaultKind; times: number; whyNot?: WhyNot };

/** Of all transitions that the state table has, and of any other that was met. */
export function cellsOf(coverage: Coverage): Cell[] {
  const names = new Set([...possibleTransitions(), ...coverage.transitions.keys()]);
  return [...names].flatMap((transition) => {
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
  return cellsOf(coverage).filter((cell) => cell.whyNot?.isRace === false && cell.times > 0);
}

export function coverageTable(coverage: Coverage): string {
  const reachable = cellsOf(coverage).filter((cell) => cell.whyNot === undefined);
  const columns = ['met', ...CROSSED];
  const rows = [...Map.groupBy(reachable, (cell) => cell.transition)].map(([transition, cells]) => [
    transition,
    ...cells.map((cell) => String(cell.times)),
  ]);
  const header = ['status x event', ...columns];
  const widths = header.map((name, place) =>
    Math.max(name.length, ...rows.map((row) => row[place]?.length ?? 0)),
  );
  return [header, ...rows].map((row) => lineOf(row, widths)).join('\n');
}

function lineOf(row: readonly string[], widths: readonly number[]): string {
  const [first = '', ...rest] = row;
  const cells = rest.map((text, place) => text.padStart(widths[place + 1] ?? 0));
  return [first.padEnd(widths[0] ?? 0), ...cells].join('  ');
}
