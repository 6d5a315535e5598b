import { parseArgs } from 'node:util';
import { coverageOf, coverageProblems, failureOf, historyOf, jsonOf, totalsOf } from './report.ts';
import { replaySeed, runSeeds } from './run-seeds.ts';

// npm run simulate -- --seeds N [--from S] [--workers N] [--history | --json | --quiet]

const PROGRESS_EVERY = 1_000;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '0' },
    /** Absent: one for each core. */
    workers: { type: 'string' },
    /** Every line of what happened in each seed, one after another. */
    history: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    /** Without the table of what was met. */
    quiet: { type: 'boolean', default: false },
  },
});
const from = Number(values.from);
const count = Number(values.seeds);
const workers = values.workers === undefined ? undefined : Number(values.workers);
const isWhole = (n: number, least: number): boolean => Number.isInteger(n) && n >= least;
if (!isWhole(from, 0) || !isWhole(count, 1) || !isWhole(workers ?? 1, 1))
  throw new Error('--seeds, --from and --workers are whole numbers');

if (values.history) await replay();
else await simulate();

async function replay(): Promise<void> {
  for (let seed = from; seed < from + count; seed += 1) {
    const outcome = await replaySeed(seed);
    console.log(outcome.history.join('\n'));
    console.log(outcome.violations.length > 0 ? failureOf(outcome) : `seed ${seed}: clean`);
    if (outcome.violations.length > 0) process.exitCode = 1;
  }
}

async function simulate(): Promise<void> {
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1_000;
  let told = 0;
  const summary = await runSeeds(from, count, {
    workers,
    onBatch: ({ failed }, done) => {
      for (const outcome of failed) console.error(failureOf(outcome));
      if (done - told < PROGRESS_EVERY) return;
      told = done;
      console.error(`${done} of ${count} seeds in ${seconds().toFixed(0)} s`);
    },
  });
  const problems = coverageProblems(summary);
  if (values.json) {
    console.log(jsonOf(summary, seconds()));
  } else {
    const [first] = summary.failed.toSorted((a, b) => a.events - b.events);
    if (first !== undefined) console.log(`\n${historyOf(await replaySeed(first.seed))}\n`);
    if (!values.quiet) console.log(`${coverageOf(summary.coverage)}\n`);
    for (const problem of problems) console.log(problem);
    console.log(totalsOf(summary, seconds()));
  }
  if (summary.failed.length > 0 || problems.length > 0) process.exitCode = 1;
}
