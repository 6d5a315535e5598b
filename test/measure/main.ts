import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureCode, measureFolder } from './measure-code.ts';
import { renderFindings, renderReport } from './render-report.ts';
import { scanProject } from './scan/scan-project.ts';

// Usage: npm run measure:code -- [--check] [--under <folder>] [--list <id>|all]
// Prints the measures of the code. `--check` also lists the findings of broken bounds and exits with 1. `--under` measures the files of a
// folder, without the measures that need other files. `--list` prints all findings of a measure, or of all measures, instead.

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAX_FINDINGS_PER_MEASURE = 20;

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    under: { type: 'string' },
    list: { type: 'string' },
  },
});
const files = scanProject(ROOT);
const folder = values.under?.replace(/\/$/, '');
const measures = folder === undefined ? measureCode(files) : measureFolder(files, folder);
const listedMeasures = measures.filter(({ id }) => values.list === 'all' || values.list === id);
if (values.list !== undefined && listedMeasures.length === 0) {
  console.error(`There is no measure "${values.list}". Call --list with one of:`);
  for (const { id } of measures) console.error(`  ${id}`);
  process.exitCode = 2;
} else if (values.list === undefined) {
  console.log(renderReport(measures));
} else {
  for (const measure of listedMeasures)
    console.log(renderFindings(measure, Number.POSITIVE_INFINITY));
}
if (values.check) {
  const brokenMeasures = measures.filter(({ isBroken }) => isBroken);
  for (const measure of brokenMeasures)
    console.log(`\n${renderFindings(measure, MAX_FINDINGS_PER_MEASURE)}`);
  if (brokenMeasures.length > 0) process.exitCode = 1;
}
