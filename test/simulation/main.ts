import { parseArgs } from 'node:util';
import {
  findCoverageProblems,
  renderCoverage,
  renderFailure,
  renderHistory,
  renderJson,
  renderTotals,
} from './report.ts';
import { replaySeed, runSeeds } from './run-seeds.ts';

// Usage: npm run simulate -- --seeds N [--from S] [--workers N] [--history | --json | --quiet]

const SEEDS_PER_PROGRESS_LINE = 1_000;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '0' },
    /** Worker threads. Default: number of cores. */
    workers: { type: 'string' },
    /** Replays the seeds in order in this process and prints the full history of each. */
    history: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    /** Omits the coverage tables. */
    quiet: { type: 'boolean', default: false },
  },
});
const firstSeed = Number(values.from);
const seedCount = Number(values.seeds);
const workerCount = values.workers === undefined ? undefined : Number(values.workers);
const isWholeNumber = (value: number, minimum: number): boolean =>
  Number.isInteger(value) && value >= minimum;
if (
  !isWholeNumber(firstSeed, 0) ||
  !isWholeNumber(seedCount, 1) ||
  !isWholeNumber(workerCount ?? 1, 1)
)
  throw new Error(
    '--seeds and --workers must be whole numbers of at least 1, and --from a whole number of at least 0',
  );

if (values.history) await replaySeeds();
else await runSimulation();

async function replaySeeds(): Promise<void> {
  for (let seed = firstSeed; seed < firstSeed + seedCount; seed += 1) {
    const outcome = await replaySeed(seed);
    console.log(outcome.history.join('\n'));
    console.log(outcome.violations.length > 0 ? renderFailure(outcome) : `seed ${seed}: clean`);
    if (outcome.violations.length > 0) process.exitCode = 1;
  }
}

async function runSimulation(): Promise<void> {
  const startedAt = performance.now();
  const getElapsedSeconds = (): number => (performance.now() - startedAt) / 1_000;
  let reportedCount = 0;
  const summary = await runSeeds(firstSeed, seedCount, {
    workerCount,
    onBatch: ({ failed }, doneCount) => {
      for (const outcome of failed) console.error(renderFailure(outcome));
      if (doneCount - reportedCount < SEEDS_PER_PROGRESS_LINE) return;
      reportedCount = doneCount;
      console.error(`${doneCount} of ${seedCount} seeds in ${getElapsedSeconds().toFixed(0)} s`);
    },
  });
  const problems = findCoverageProblems(summary);
  if (values.json) {
    console.log(renderJson(summary, getElapsedSeconds()));
  } else {
    const [shortest] = summary.failed.toSorted((a, b) => a.eventCount - b.eventCount);
    if (shortest !== undefined)
      console.log(`\n${renderHistory(await replaySeed(shortest.seed))}\n`);
    if (!values.quiet) console.log(`${renderCoverage(summary.coverage)}\n`);
    for (const problem of problems) console.log(problem);
    console.log(renderTotals(summary, getElapsedSeconds()));
  }
  if (summary.failed.length > 0 || problems.length > 0) process.exitCode = 1;
}
