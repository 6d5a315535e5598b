// Renders the outcomes of the suites as a table.

/** Outcome of a suite; the numbers count tests. */
export type Outcome = {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly ms: number;
  /** Additional lines: failed tests, the reason why a suite did not run, remaining processes and files. */
  readonly notes: readonly string[];
};

export function sumOutcomes(outcomes: readonly Outcome[]): {
  readonly passed: number;
  readonly failed: number;
  readonly ms: number;
} {
  const sum = (field: 'passed' | 'failed' | 'ms') =>
    outcomes.reduce((total, outcome) => total + outcome[field], 0);
  return { passed: sum('passed'), failed: sum('failed'), ms: sum('ms') };
}

export function renderOutcomes(outcomes: readonly Outcome[]): string[] {
  const total = { name: 'all', skipped: 0, notes: [], ...sumOutcomes(outcomes) };
  const skipped = outcomes.reduce((sum, outcome) => sum + outcome.skipped, 0);
  return [
    `${'suite'.padEnd(12)}  passed  failed  skipped    time`,
    ...outcomes.flatMap(renderRow),
    ...renderRow({ ...total, skipped }),
  ];
}

function renderRow({ name, passed, failed, skipped, ms, notes }: Outcome): string[] {
  const figures = [passed, failed, skipped].map((count, column) =>
    String(count).padStart(column === 2 ? 7 : 6),
  );
  const row = [name.padEnd(12), ...figures, formatTime(ms).padStart(6)].join('  ');
  return [row, ...notes.map((note) => `  ${note}`)];
}

/** Formats a duration as minutes and seconds. */
function formatTime(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
