import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureCode, measureFolder } from './measure-code.ts';
import { renderFindings, renderReport } from './render-report.ts';
import { scanProject } from './scan/scan-project.ts';

// `npm run measure:code [-- --check] [--under <folder>] [--list <id>|all]`: prints the measures of the code. `--check` lists
// the places behind broken bounds and exits 1, `--under` measures one folder without layers and shape, `--list` prints all places.

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SHOWN = 20;

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
const listed = measures.filter(({ id }) => values.list === 'all' || values.list === id);
if (values.list !== undefined && listed.length === 0) {
  console.error(`There is no measure "${values.list}". Use one of:`);
  for (const { id } of measures) console.error(`  ${id}`);
  process.exitCode = 2;
} else if (values.list === undefined) {
  console.log(renderReport(measures));
} else {
  for (const measure of listed) console.log(renderFindings(measure, Number.POSITIVE_INFINITY));
}
if (values.check) {
  const broken = measures.filter(({ isBroken }) => isBroken);
  for (const measure of broken) console.log(`\n${renderFindings(measure, SHOWN)}`);
  if (broken.length > 0) process.exitCode = 1;
}
