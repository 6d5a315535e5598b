import { parseArgs } from 'node:util';
import { recordResult } from './record-result.ts';
import { renderTable } from './render-table.ts';
import { attemptCost } from './scenario/attempt-cost.ts';
import { footprint } from './scenario/footprint.ts';
import { functionStart } from './scenario/function-start.ts';
import { handOff } from './scenario/hand-off.ts';
import { handOffPath } from './scenario/hand-off-path.ts';
import { idleCost } from './scenario/idle-cost.ts';
import { makespan } from './scenario/makespan.ts';
import { platform } from './scenario/platform.ts';
import { storeCost } from './scenario/store-cost.ts';
import type { Scenario } from './scenario.ts';

// `npm run bench -- [--only <name>,<name>] [--quick]`: runs the scenarios in order and, unless quick, records their figures in
// results.json.

const SCENARIOS: readonly Scenario[] = [
  storeCost,
  attemptCost,
  idleCost,
  handOffPath,
  makespan,
  platform,
  handOff,
  footprint,
  functionStart,
];

const { values } = parseArgs({
  options: { only: { type: 'string' }, quick: { type: 'boolean', default: false } },
});
const requestedNames = values.only?.split(',');
const unknownNames =
  requestedNames?.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name)) ?? [];
if (unknownNames.length > 0) {
  console.error(`unknown scenario ${unknownNames.join(', ')}; the scenarios are:`);
  for (const { name, description } of SCENARIOS)
    console.error(`  ${name.padEnd(16)}${description}`);
  process.exitCode = 2;
} else {
  for (const scenario of SCENARIOS)
    if (requestedNames === undefined || requestedNames.includes(scenario.name))
      await runScenario(scenario);
}

async function runScenario(scenario: Scenario): Promise<void> {
  const startedAt = performance.now();
  console.log(`\n# ${scenario.name}: ${scenario.description}\n`);
  const report = await scenario.measure({ quick: values.quick });
  for (const table of report.tables) console.log(`${renderTable(table)}\n`);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  if (report.figures === undefined) console.log('(this scenario records no figures)');
  else if (values.quick) console.log(`(${seconds} s; quick runs record no figures)`);
  else console.log(`(${seconds} s, ${await recordResult(scenario.name, report.figures)})`);
}
