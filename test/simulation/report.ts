import type { Coverage } from './coverage.ts';
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

function table(counts: ReadonlyMap<string, number>): string[] {
  const rows = [...counts].toSorted(([a], [b]) => a.localeCompare(b));
  return rows.map(([name, count]) => `${String(count).padStart(9)}  ${name}`);
}

export function coverageOf(coverage: Coverage): string {
  const unmet = FAULT_KINDS.filter((kind) => !coverage.faults.has(kind));
  return [
    'transitions (status x event):',
    ...table(coverage.transitions),
    'transitions x what went wrong in the handler that wrote them:',
    ...table(coverage.crossed),
    'faults:',
    ...table(coverage.faults),
    ...(unmet.length > 0 ? [`never met: ${unmet.join(', ')}`] : []),
  ].join('\n');
}

export function totalsOf({ seeds, failed, events, coverage }: Summary, seconds: number): string {
  const rate = (seeds / seconds).toFixed(1);
  return `${seeds} seeds, ${failed.length} failed, ${events} events, ${coverage.transitions.size} transitions, ${coverage.crossed.size} of them crossed with faults; ${rate} seeds a second`;
}
