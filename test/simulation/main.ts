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

// npm run simulate -- --seeds N [--from S] [--workers N] [--history | --json | --quiet]

const PROGRESS_EVERY = 1_000;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '0' },
    /** Default: a worker per core. */
    workers: { type: 'string' },
    /** Prints the full history of each seed, in order. */
    history: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    /** Omits the coverage table. */
    quiet: { type: 'boolean', default: false },
  },
});
const firstSeed = Number(values.from);
const seedCount = Number(values.seeds);
const workerCount = values.workers === undefined ? undefined : Number(values.workers);
const isWholeNumber = (n: number, least: number): boolean => Number.isInteger(n) && n >= least;
if (
  !isWholeNumber(firstSeed, 0) ||
  !isWholeNumber(seedCount, 1) ||
  !isWholeNumber(workerCount ?? 1, 1)
)
  throw new Error(
    '--seeds and --workers must be positive whole numbers, and --from a whole number from 0',
  );

if (values.history) await runReplay();
else await runSimulation();

async function runReplay(): Promise<void> {
  for (let seed = firstSeed; seed < firstSeed + seedCount; seed += 1) {
    const outcome = await replaySeed(seed);
    console.log(outcome.history.join('\n'));
    console.log(outcome.violations.length > 0 ? renderFailure(outcome) : `seed ${seed}: clean`);
    if (outcome.violations.length > 0) process.exitCode = 1;
  }
}

async function runSimulation(): Promise<void> {
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1_000;
  let reportedCount = 0;
  const summary = await runSeeds(firstSeed, seedCount, {
    workers: workerCount,
    onBatch: ({ failed }, done) => {
      for (const outcome of failed) console.error(renderFailure(outcome));
      if (done - reportedCount < PROGRESS_EVERY) return;
      reportedCount = done;
      console.error(`${done} of ${seedCount} seeds in ${seconds().toFixed(0)} s`);
    },
  });
  const problems = findCoverageProblems(summary);
  if (values.json) {
    console.log(renderJson(summary, seconds()));
  } else {
    const [first] = summary.failed.toSorted((a, b) => a.events - b.events);
    if (first !== undefined) console.log(`\n${renderHistory(await replaySeed(first.seed))}\n`);
    if (!values.quiet) console.log(`${renderCoverage(summary.coverage)}\n`);
    for (const problem of problems) console.log(problem);
    console.log(renderTotals(summary, seconds()));
  }
  if (summary.failed.length > 0 || problems.length > 0) process.exitCode = 1;
}
