import { globSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Outcome } from './suite/suite-report.ts';
import { renderOutcomes, sumOutcomes } from './suite/suite-report.ts';
import type { Suite } from './suite/suite-run.ts';
import { SuiteRun } from './suite/suite-run.ts';

// `npm test [-- suite ...]` runs the suites one after another, so that two cores are enough, and prints a summary. Suites with `onDemand`
// run only if the command names them.

/** Time limit of the whole run in minutes; the default suits two cores without other work. */
const LIMIT_MINUTES = Number(process.env.SMOL_TEST_MINUTES ?? 15);

const SUITES: readonly Suite[] = [
  { name: 'check', scripts: ['lint', 'typecheck'] },
  {
    name: 'unit',
    scripts: ['test:unit'],
    tests: ['{core,adapters,functions,agent,cli,local}/**/*.test.ts'],
  },
  {
    name: 'integration',
    scripts: ['test:integration'],
    tests: ['test/{integration,contract}/**/*.test.ts'],
  },
  { name: 'simulation', scripts: ['test:simulation'], tests: ['test/simulation/**/*.test.ts'] },
  { name: 'stacks', scripts: ['test:stacks'], tests: ['test/stacks/**/*.test.ts'] },
  { name: 'e2e', scripts: ['test:e2e'], tests: ['test/e2e/**/*.test.ts'] },
  {
    name: 'chaos',
    scripts: ['test:chaos'],
    tests: ['test/chaos/**/*.test.ts'],
    onDemand: true,
  },
];

const { positionals } = parseArgs({ allowPositionals: true });
const unknownNames = positionals.filter((name) => !SUITES.some((suite) => suite.name === name));
if (unknownNames.length > 0) {
  console.error(
    `There is no suite ${unknownNames.join(', ')}. Choose from: ${SUITES.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}

const chosenSuites = SUITES.filter(({ name, onDemand = false }) =>
  positionals.length === 0 ? !onDemand : positionals.includes(name),
);
const deadline = Date.now() + LIMIT_MINUTES * 60_000;
const outcomes: Outcome[] = [];
for (const suite of chosenSuites) outcomes.push(await runSuite(suite));

console.log(`\n${renderOutcomes(outcomes).join('\n')}\n`);
const { passed, failed } = sumOutcomes(outcomes);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function runSuite(suite: Suite): Promise<Outcome> {
  const { name, tests = [] } = suite;
  if (suite.tests !== undefined && globSync([...tests]).length === 0)
    return {
      name,
      passed: 0,
      failed: 1,
      skipped: 0,
      ms: 0,
      notes: [`no file matches ${tests.join(' ')}`],
    };
  if (Date.now() >= deadline)
    return {
      name,
      passed: 0,
      failed: 1,
      skipped: 0,
      ms: 0,
      notes: [
        `did not run, because the earlier suites used the time limit of ${LIMIT_MINUTES} minutes; set SMOL_TEST_MINUTES to raise the limit`,
      ],
    };
  console.log(`\n── ${name}`);
  const run = await SuiteRun.prepare(suite, deadline);
  const abort = () => void run.abort().finally(() => process.exit(130));
  process.once('SIGINT', abort).once('SIGTERM', abort);
  const outcome = await run.runScripts();
  process.off('SIGINT', abort).off('SIGTERM', abort);
  return outcome;
}
