import type { Coverage } from './coverage/coverage.ts';
import { formatCell } from './coverage/coverage.ts';
import type { Cell } from './coverage/coverage-table.ts';
import {
  computeRequiredCount,
  listCells,
  listCellsBelow,
  listOccurredImpossibleCells,
  listPlanTransitionsBelow,
  renderHandlerFaultsTable,
  renderOtherFaultsTable,
  renderPlanTransitionsTable,
} from './coverage/coverage-table.ts';
import { FAULT_KINDS } from './faults.ts';
import type { Outcome } from './run-seed.ts';
import type { Summary } from './run-seeds.ts';

// Renders the output of the simulation.

const MAX_HISTORY_LINES = 600;

export function renderHistory(outcome: Outcome): string {
  const lines = outcome.history.slice(-MAX_HISTORY_LINES);
  const hiddenCount = outcome.history.length - lines.length;
  const omission =
    hiddenCount > 0 ? [`(${hiddenCount} earlier lines omitted; --history prints all)`] : [];
  return [...omission, ...lines].join('\n');
}

export function renderFailure(outcome: Outcome): string {
  const replay = `npm run simulate -- --seeds 1 --from ${outcome.seed} --history`;
  return `seed ${outcome.seed} violates a rule (replay: ${replay}):\n  ${outcome.violations.join('\n  ')}`;
}

export function renderCoverage(coverage: Coverage): string {
  const faults = FAULT_KINDS.map(
    (kind) => `${String(coverage.faults.get(kind) ?? 0).padStart(9)}  ${kind}`,
  );
  return [
    'Task transitions, and how often each handler fault hit them: between the read of the task and its write, or right after the write (each count has a required minimum):',
    '',
    renderHandlerFaultsTable(coverage),
    '',
    'Task transitions, and how often any other fault hit their handler or its message (no required minimum):',
    '',
    renderOtherFaultsTable(coverage),
    '',
    'Plan transitions (a transition marked "required" has a required minimum):',
    '',
    renderPlanTransitionsTable(coverage),
    '',
    'Task transitions that the state table allows but the engine never causes:',
    ...listReasons(coverage, false),
    '',
    'Task transitions that are too rare for a required minimum:',
    ...listReasons(coverage, true),
    '',
    'Occurrences of each fault:',
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

/** Lists transitions that occurred although they are declared impossible, and all counts below the required minimum. */
export function findCoverageProblems({ coverage, seedCount }: Summary): string[] {
  const impossible = listOccurredImpossibleCells(coverage).map(
    (cell) =>
      `${formatCellName(cell)} occurred, but coverage/unreachable-transitions.ts declares this transition impossible (${cell.exemption?.reason}); correct the exemption`,
  );
  const requiredCount = computeRequiredCount(seedCount);
  if (requiredCount === undefined) return impossible;
  const rare = [
    ...listCellsBelow(coverage, requiredCount).map((cell): [string, number] => [
      formatCellName(cell),
      cell.times,
    ]),
    ...listPlanTransitionsBelow(coverage, requiredCount).map(([name, count]): [string, number] => [
      `the plan transition ${name}`,
      count,
    ]),
    ...FAULT_KINDS.map((kind): [string, number] => [
      `the fault ${kind}`,
      coverage.faults.get(kind) ?? 0,
    ]).filter(([, count]) => count < requiredCount),
  ];
  return [
    ...impossible,
    ...rare.map(
      ([name, count]) =>
        `${name} occurred ${count} times; at least ${requiredCount} occurrences are required`,
    ),
  ];
}

export function renderTotals(
  { seedCount, failed, eventCount, coverage }: Summary,
  seconds: number,
): string {
  const rate = (seedCount / seconds).toFixed(1);
  return `${seedCount} seeds, ${failed.length} failed, ${eventCount} events, ${coverage.transitions.size} task transitions, ${coverage.faultedTransitions.size} pairs of a transition and a fault; ${rate} seeds a second`;
}

/** Renders the whole summary as one line of JSON. */
export function renderJson(summary: Summary, seconds: number): string {
  const { seedCount, failed, eventCount, coverage } = summary;
  return JSON.stringify({
    seeds: seedCount,
    seconds,
    events: eventCount,
    failed: failed.map(({ seed, violations }) => ({ seed, violations })),
    cells: listCells(coverage),
    crossed: Object.fromEntries(coverage.faultedTransitions),
    plans: Object.fromEntries(coverage.planTransitions),
    faults: Object.fromEntries(coverage.faults),
    problems: findCoverageProblems(summary),
  });
}
