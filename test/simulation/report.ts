import type { Coverage } from './coverage/coverage.ts';
import { formatCell } from './coverage/coverage.ts';
import type { Cell } from './coverage/coverage-table.ts';
import {
  computeRequiredCount,
  listCells,
  listOccurredImpossibleCells,
  listRareCells,
  listRarePlanTransitions,
  renderCoverageTable,
  renderOtherFaultsTable,
  renderPlansTable,
} from './coverage/coverage-table.ts';
import { FAULT_KINDS } from './faults.ts';
import type { Outcome } from './run-seed.ts';
import type { Summary } from './run-seeds.ts';

// Renders the output of a simulation run.

const MAX_LINES = 600;

export function renderHistory(outcome: Outcome): string {
  const lines = outcome.history.slice(-MAX_LINES);
  const hiddenCount = outcome.history.length - lines.length;
  const cut = hiddenCount > 0 ? [`(${hiddenCount} earlier lines; the replay prints all)`] : [];
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
    'Transitions of tasks, crossed with the faults between the read of the task and its write, or right after the write (each cell has a required count):',
    '',
    renderCoverageTable(coverage),
    '',
    'Transitions of tasks, crossed with all other faults of the handler or of its message (no required count):',
    '',
    renderOtherFaultsTable(coverage),
    '',
    'Transitions of plans (the marked ones have a required count):',
    '',
    renderPlansTable(coverage),
    '',
    'Impossible transitions:',
    ...listReasons(coverage, false),
    '',
    'Possible transitions without a required count:',
    ...listReasons(coverage, true),
    '',
    'Faults:',
    ...faults,
  ].join('\n');
}

function listReasons(coverage: Coverage, isPossible: boolean): string[] {
  const cells = listCells(coverage).filter((cell) => cell.exemption?.isPossible === isPossible);
  return [...Map.groupBy(cells, (cell) => cell.exemption?.reason)].map(
    ([reason, exempt]) =>
      `  ${reason}: ${exempt.map((cell) => `${formatCellName(cell)} (${cell.times})`).join(', ')}`,
  );
}

function formatCellName({ transition, fault }: Cell): string {
  return fault === undefined ? transition : formatCell(transition, fault);
}

/** Lists transitions that occurred although declared impossible, and cells and faults below the required count. */
export function findCoverageProblems({ coverage, seeds }: Summary): string[] {
  const impossible = listOccurredImpossibleCells(coverage).map(
    (cell) =>
      `${formatCellName(cell)} occurred, but unreachable-transitions.ts declares it impossible: ${cell.exemption?.reason}`,
  );
  const times = computeRequiredCount(seeds);
  if (times === undefined) return impossible;
  const rare = [
    ...listRareCells(coverage, times).map((cell): [string, number] => [
      formatCellName(cell),
      cell.times,
    ]),
    ...listRarePlanTransitions(coverage, times).map(([name, count]): [string, number] => [
      `plan ${name}`,
      count,
    ]),
    ...FAULT_KINDS.map((kind): [string, number] => [
      `the fault ${kind}`,
      coverage.faults.get(kind) ?? 0,
    ]).filter(([, count]) => count < times),
  ];
  return [
    ...impossible,
    ...rare.map(([name, count]) => `${name} occurred ${count} times; ${times} are required`),
  ];
}

export function renderTotals(
  { seeds, failed, events, coverage }: Summary,
  seconds: number,
): string {
  const rate = (seeds / seconds).toFixed(1);
  return `${seeds} seeds, ${failed.length} failed, ${events} events, ${coverage.transitions.size} transitions, ${coverage.cells.size} of them crossed with faults; ${rate} seeds a second`;
}

/** Renders the whole summary as one line of JSON. */
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
