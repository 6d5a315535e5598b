import { parseArgs } from 'node:util';
import { addCoverage, createCoverage } from './coverage.ts';
import { runSeed } from './run-seed.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '0' },
    history: { type: 'boolean', default: false },
  },
});
const from = Number(values.from);
const to = from + Number(values.seeds);

setImmediate(() => {
  const coverage = createCoverage();
  let failed = 0;
  let events = 0;
  const before = process.cpuUsage();
  for (let seed = from; seed < to; seed += 1) {
    const outcome = runSeed(seed, { keepHistory: values.history });
    addCoverage(coverage, outcome.coverage);
    events += outcome.events;
    if (values.history) for (const line of outcome.history) console.log(line);
    if (outcome.violations.length === 0) continue;
    failed += 1;
    console.log(`seed ${seed}: ${outcome.violations.join('\n  ')}`);
  }
  const ms = process.cpuUsage(before).user / 1_000;
  console.log(
    `${failed} of ${to - from} failed; ${events} events, ${(ms / (to - from)).toFixed(1)} ms a seed`,
  );
});
