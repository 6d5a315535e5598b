// What came of the suites, for people and for whoever reads the last line.

export type Outcome = {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly ms: number;
  /** Anything else worth a line: why it did not run, what it left behind. */
  readonly notes: readonly string[];
};

export function sumOutcomes(outcomes: readonly Outcome[]): {
  readonly passed: number;
  readonly failed: number;
  readonly ms: number;
} {
  const sum = (of: (outcome: Outcome) => number) =>
    outcomes.reduce((total, outcome) => total + of(outcome), 0);
  return { passed: sum((o) => o.passed), failed: sum((o) => o.failed), ms: sum((o) => o.ms) };
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
  const figures = [passed, failed, skipped].map((count, n) =>
    String(count).padStart(n === 2 ? 7 : 6),
  );
  const row = [name.padEnd(12), ...figures, formatTime(ms).padStart(6)].join('  ');
  return [row, ...notes.map((note) => `  ${note}`)];
}

/** Minutes and seconds. */
function formatTime(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
