import type { Coverage } from './coverage/coverage.ts';
import { formatCell } from './coverage/coverage.ts';
import type { Cell } from './coverage/coverage-table.ts';
import {
  computeDemandedTimes,
  listCells,
  listMetImpossibleCells,
  listSeldomMetCells,
  listSeldomMetPlanTransitions,
  renderCoverageTable,
  renderOtherFaultsTable,
  renderPlansTable,
} from './coverage/coverage-table.ts';
import { FAULT_KINDS } from './faults.ts';
import type { Outcome } from './run-seed.ts';
import type { Summary } from './run-seeds.ts';

// What a run prints.

const MAX_LINES = 600;

export function renderHistory(outcome: Outcome): string {
  const lines = outcome.history.slice(-MAX_LINES);
  const left = outcome.history.length - lines.length;
  const cut = left > 0 ? [`(${left} earlier lines; the replay prints all)`] : [];
  return [...cut, ...lines].join('\n');
}

export function renderFailure(outcome: Outcome): string {
  const replay = `npm run simulate -- --seeds 1 --from ${outcome.seed} --history`;
  return `seed ${outcome.seed} (${replay}):\n  ${outcome.violations.join('\n  ')}`;
}

export function renderCoverage(coverage: Coverage): string {
  const faults = FAULT_KINDS.map(
    (kind) => `${String(coverage.faults.get(kind) ?? 0).padStart(9)}  ${kind}`,
  );
  return [
    'Transitions of tasks, and what struck at their write, on the way to it from the reading of the task, or after it (a number is demanded of each):',
    '',
    renderCoverageTable(coverage),
    '',
    'The same with what else went wrong in the handler or on its way to it (no number is demanded):',
    '',
    renderOtherFaultsTable(coverage),
    '',
    'Transitions of plans (a number is demanded of those marked):',
    '',
    renderPlansTable(coverage),
    '',
    'Cannot be:',
    ...listReasons(coverage, false),
    '',
    'May be met (no number is demanded):',
    ...listReasons(coverage, true),
    '',
    'Faults:',
    ...faults,
  ].join('\n');
}

function listReasons(coverage: Coverage, isNotAskedFor: boolean): string[] {
  const cells = listCells(coverage).filter((cell) => cell.whyNot?.isNotAskedFor === isNotAskedFor);
  return [...Map.groupBy(cells, (cell) => cell.whyNot?.because)].map(
    ([reason, of]) =>
      `  ${reason}: ${of.map((cell) => `${formatCellName(cell)} (${cell.times})`).join(', ')}`,
  );
}

function formatCellName({ transition, fault }: Cell): string {
  return fault === undefined ? transition : formatCell(transition, fault);
}

/** What is wrong with what a run has met. */
export function findCoverageProblems({ coverage, seeds }: Summary): string[] {
  const wrong = listMetImpossibleCells(coverage).map(
    (cell) =>
      `${formatCellName(cell)} was met, and yet is said not to exist: ${cell.whyNot?.because}`,
  );
  const times = computeDemandedTimes(seeds);
  if (times === undefined) return wrong;
  const seldom = [
    ...listSeldomMetCells(coverage, times).map((cell): [string, number] => [
      formatCellName(cell),
      cell.times,
    ]),
    ...listSeldomMetPlanTransitions(coverage, times).map(([name, met]): [string, number] => [
      `plan ${name}`,
      met,
    ]),
    ...FAULT_KINDS.map((kind): [string, number] => [
      `the fault ${kind}`,
      coverage.faults.get(kind) ?? 0,
    ]).filter(([, met]) => met < times),
  ];
  return [
    ...wrong,
    ...seldom.map(([name, met]) => `${name} was met ${met} times, and has to be ${times} times`),
  ];
}

export function renderTotals(
  { seeds, failed, events, coverage }: Summary,
  seconds: number,
): string {
  const rate = (seeds / seconds).toFixed(1);
  return `${seeds} seeds, ${failed.length} failed, ${events} events, ${coverage.transitions.size} transitions, ${coverage.cells.size} of them crossed with faults; ${rate} seeds a second`;
}

/** For machines: the same, as one line of JSON. */
export function renderJson(summary: Summary, seconds: number): string {
  const { seeds, failed, events, coverage } = summary;
  return JSON.stringify({
    seeds,
    seconds,
    events,
    failed: failed.map(({ seed, violations }) => ({ seed, violations })),
    cells: listCells(coverage),
    crossed: Object.fromEntries(coverage.cells),
    plans: Object.fromEntries(coverage.plans),
    faults: Object.fromEntries(coverage.faults),
    problems: findCoverageProblems(summary),
  });
}
