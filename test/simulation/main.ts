import { parseArgs } from 'node:util';
import { coverageOf, failureOf, historyOf, totalsOf } from './report.ts';
import { replaySeed, runSeeds } from './run-seeds.ts';

// npm run simulate -- --seeds N [--from S] [--history] [--coverage]

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '0' },
    history: { type: 'boolean', default: false },
    coverage: { type: 'boolean', default: false },
  },
});
const from = Number(values.from);
const count = Number(values.seeds);
if (!Number.isInteger(from) || !Number.isInteger(count) || count < 1 || from < 0)
  throw new Error('--seeds and --from are whole numbers');

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
  const summary = await runSeeds(from, count, (outcome) => {
    if (outcome.violations.length > 0) console.log(failureOf(outcome));
  });
  const seconds = (performance.now() - began) / 1_000;
  const [first] = summary.failed.toSorted((a, b) => a.events - b.events);
  if (first !== undefined) console.log(`\n${historyOf(await replaySeed(first.seed))}\n`);
  if (values.coverage) console.log(coverageOf(summary.coverage));
  console.log(totalsOf(summary, seconds));
  if (summary.failed.length > 0) process.exitCode = 1;
}
