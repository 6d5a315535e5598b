import { type Coverage, cellOf } from './coverage/coverage.ts';
import {
  type Cell,
  cellsOf,
  coverageTable,
  ENOUGH,
  metAllTheSame,
  seldomMet,
} from './coverage/coverage-table.ts';
import { FAULT_KINDS } from './faults.ts';
import type { Outcome } from './run-seed.ts';
import type { Summary } from './run-seeds.ts';

// What a run prints.

const MAX_LINES = 600;

export function historyOf(outcome: Outcome): string {
  const lines = outcome.history.slice(-MAX_LINES);
  const left = outcome.history.length - lines.length;
  const cut = left > 0 ? [`(${left} earlier lines; the replay prints all)`] : [];
  return [...cut, ...lines].join('\n');
}

export function failureOf(outcome: Outcome): string {
  const replay = `npm run simulate -- --seeds 1 --from ${outcome.seed} --history`;
  return `seed ${outcome.seed} (${replay}):\n  ${outcome.violations.join('\n  ')}`;
}

export function coverageOf(coverage: Coverage): string {
  const unreachable = cellsOf(coverage).filter((cell) => cell.whyNot !== undefined);
  const reasons = Map.groupBy(unreachable, (cell) => cell.whyNot?.because);
  const faults = FAULT_KINDS.map(
    (kind) => `${String(coverage.faults.get(kind) ?? 0).padStart(9)}  ${kind}`,
  );
  return [
    'How often each transition was met, and what went wrong in the handler that wrote it or was about to write it:',
    '',
    coverageTable(coverage),
    '',
    'Cannot be:',
    ...[...reasons].map(([reason, cells]) => `  ${reason}: ${cells.map(nameOf).join(', ')}`),
    '',
    'Faults:',
    ...faults,
  ].join('\n');
}

function nameOf({ transition, fault }: Cell): string {
  return fault === undefined ? transition : cellOf(transition, fault);
}

/** What is wrong with what a run has met; a run of less than ENOUGH.seeds is not held to numbers. */
export function coverageProblems({ coverage, seeds }: Summary): string[] {
  const wrong = metAllTheSame(coverage).map(
    (cell) => `${nameOf(cell)} was met, and yet is said not to exist: ${cell.whyNot?.because}`,
  );
  if (seeds < ENOUGH.seeds) return wrong;
  const seldom = seldomMet(coverage, ENOUGH.times).map(
    (cell) => `${nameOf(cell)} was met ${cell.times} times, and has to be ${ENOUGH.times} times`,
  );
  const unmet = FAULT_KINDS.filter((kind) => (coverage.faults.get(kind) ?? 0) < ENOUGH.times);
  return [...wrong, ...seldom, ...unmet.map((kind) => `the fault ${kind} was hardly ever met`)];
}

export function totalsOf({ seeds, failed, events, coverage }: Summary, seconds: number): string {
  const rate = (seeds / seconds).toFixed(1);
  return `${seeds} seeds, ${failed.length} failed, ${events} events, ${coverage.transitions.size} transitions, ${coverage.cells.size} of them crossed with faults; ${rate} seeds a second`;
}

/** For machines: the same, as one line of JSON. */
export function jsonOf(summary: Summary, seconds: number): string {
  const { seeds, failed, events, coverage } = summary;
  return JSON.stringify({
    seeds,
    seconds,
    events,
    failed: failed.map(({ seed, violations }) => ({ seed, violations })),
    cells: cellsOf(coverage),
    faults: Object.fromEntries(coverage.faults),
    problems: coverageProblems(summary),
  });
}
