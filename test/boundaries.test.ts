import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { listOffences, measureCode } from './measure/measure-code.ts';
import { scanProject } from './measure/scan/scan-project.ts';
import type { ImportRow } from './support/import-table.ts';
import { COLOCATED_TEST_IMPORTS, IMPORT_TABLE } from './support/import-table.ts';
import type { ImportEdge } from './support/read-imports.ts';
import { findImports, readSources } from './support/read-imports.ts';

// Enforces rules for imports, names, sizes and comments by reading the files of the project.

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Files and folders that may read the environment: entry points and settings. All other code receives its settings as arguments. */
const ENV_READERS = [
  'functions/config.ts',
  'agent/bridge/main.ts',
  'agent/small/main.ts',
  'cli/host.ts',
  'local',
  'test',
  'bench',
  'sst.config.ts',
  'stacks/synth.ts',
];

/** Measures (see test/measure) whose bounds must hold; `npm run measure:code` prints all measures. */
const ENFORCED_MEASURES = [
  'openings-source',
  'openings-tests',
  'openings-titles',
  'words-source',
  'words-tests',
  'docs-type',
  'layers',
  'layer-table',
  'long-files',
  'long-functions',
  'names',
  'private-members',
  'mutable-members',
];

const sources = readSources(ROOT);
const imports = [...sources].flatMap(([file, source]) => findImports(file, source));

test('the import table allows every import', () => {
  const offences = imports.flatMap((edge) => findOffence(edge) ?? []);

  expect(offences).toEqual([]);
});

test('the check of the import table finds static, dynamic, side-effect, type and computed imports and re-exports', () => {
  const source = [
    "import type { A } from '../../adapters/dynamo/a.ts';",
    "export { b } from '@aws-sdk/client-sqs/dist/b';",
    "import 'node:fs';",
    "type C = import('../../local/c.ts').C;",
    'const d = await import(name);',
    'import {\n  e,\n} from "../base/app-error.ts";',
  ].join('\n');

  const importsOfSource = findImports('core/task-state/x.ts', source);

  const offences = importsOfSource.flatMap((edge) => findOffence(edge)?.split(':')[0] ?? []);
  expect(importsOfSource).toHaveLength(6);
  expect(offences.toSorted()).toEqual([
    'core/task-state/x.ts -> (computed)',
    'core/task-state/x.ts -> @aws-sdk/client-sqs',
    'core/task-state/x.ts -> adapters/dynamo/a.ts',
    'core/task-state/x.ts -> local/c.ts',
    'core/task-state/x.ts -> node',
  ]);
});

test('every imported package is a declared dependency, and every declared dependency is imported', () => {
  const { dependencies, devDependencies } = readManifest('package.json');
  const runtimePackages = new Set(Object.keys(dependencies));
  const packages = imports.filter(({ kind }) => kind === 'package');
  const stacksImports = packages.filter(isStacksImport);
  const otherImports = packages.filter((edge) => !isStacksImport(edge));

  const undeclared = otherImports.filter(({ file, target }) =>
    isShipped(file)
      ? !runtimePackages.has(target) && !(`@types/${target}` in devDependencies)
      : !runtimePackages.has(target) &&
        !(target in devDependencies) &&
        !(`@types/${target}` in devDependencies),
  );
  // The package `node` provides the program that runs the npm scripts.
  const unused = [...runtimePackages].filter(
    (name) => name !== 'node' && !otherImports.some(({ target }) => target === name),
  );
  expect(undeclared.map(({ file, target }) => `${file} -> ${target}`)).toEqual([]);
  expect(unused).toEqual([]);
  const stacksPackages = readManifest('stacks/package.json').dependencies;
  expect(stacksImports.filter(({ target }) => !(target in stacksPackages))).toEqual([]);
});

test('only entry points and settings read the environment', () => {
  const readers = findFilesMatching(/\bprocess\.env\b/).filter((file) => !isTest(file));

  expect(readers.filter((file) => !isIn(file, ENV_READERS))).toEqual([]);
});

test('the core gets time, randomness, timers and network access only through its ports', () => {
  const pattern =
    /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bset(?:Timeout|Interval)\(|\bfetch\(|\bperformance\.now\(/;

  expect(
    findFilesMatching(pattern).filter((file) => isIn(file, ['core']) && !isTest(file)),
  ).toEqual([]);
});

test('no text in the core contains a command of the CLI, git or gh, because each client renders its own commands', () => {
  const command =
    /smol-gang (?:(?:plan|task|repo|token|user) [a-z]|(?:run|status|recover|cancel|login|doctor|gc)\b)|\bgh (?:pr|auth|api)\b|\bgit (?:merge|push|pull|fetch|checkout)\b|\s--(?:base|max-usd|max-tokens|file|option)\b/;

  const matches = findFilesMatching(command).filter(
    (file) => isIn(file, ['core']) && !isTest(file),
  );
  expect(matches).toEqual([]);
});

test('every enforced measure of the code is within its bound', () => {
  const measures = measureCode(scanProject(ROOT));

  const enforced = measures.filter(({ id }) => ENFORCED_MEASURES.includes(id));

  expect(enforced.map(({ id }) => id).toSorted()).toEqual(ENFORCED_MEASURES.toSorted());
  expect(listOffences(enforced)).toEqual([]);
}, 60_000);

test('no test mocks a module, and no comment is a reminder to do something later', () => {
  expect(findFilesMatching(/\bvi\.(?:do)?[mM]ock\(/)).toEqual([]);
  expect(findFilesMatching(/\b(?:T[O]DO|F[I]XME)\b/)).toEqual([]);
});

/** Returns a description of an import that the table does not allow; undefined for an allowed import. */
function findOffence({ file, target, kind }: ImportEdge): string | undefined {
  const row = findRow(file);
  if (row === undefined)
    return `${file}: no row in test/support/import-table.ts lists the allowed imports of this file`;
  const testImports = isTest(file) ? COLOCATED_TEST_IMPORTS : undefined;
  const allowed = {
    project: () =>
      row.project === 'all' ||
      isIn(target, [row.path, ...row.project, ...(testImports?.project ?? [])]),
    package: () =>
      isAllowedName(row.packages, target) || isAllowedName(testImports?.packages ?? [], target),
    node: () => isAllowedName(row.node, target),
    computed: () => isIn(file, ['local', 'test', 'stacks']),
  } satisfies Record<ImportEdge['kind'], () => boolean>;
  if (allowed[kind]()) return undefined;
  return `${file} -> ${target}: ${row.path} may import ${describeRow(row)}`;
}

function findRow(file: string): ImportRow | undefined {
  return IMPORT_TABLE.find(({ path }) => isIn(file, [path]));
}

function describeRow(row: ImportRow): string {
  const { project, packages, node } = row;
  return [project, packages, node]
    .map((list) => (list === 'all' ? 'all' : list.join(' ')))
    .join(' | ');
}

function isAllowedName(allowed: readonly string[] | 'all', name: string): boolean {
  return allowed === 'all' || allowed.includes(name);
}

function isIn(file: string, places: readonly string[]): boolean {
  return places.some((place) => file === place || file.startsWith(`${place}/`));
}

function isTest(file: string): boolean {
  return file.endsWith('.test.ts') || isIn(file, ['test']);
}

function isStacksImport({ file }: ImportEdge): boolean {
  return isIn(file, ['stacks', 'sst.config.ts']);
}

function readManifest(path: string): Record<'dependencies' | 'devDependencies', object> {
  return JSON.parse(readFileSync(`${ROOT}/${path}`, 'utf8'));
}

function isShipped(file: string): boolean {
  return !isTest(file) && !isIn(file, ['bench', 'local/emulator', 'vitest.config.ts']);
}

function findFilesMatching(pattern: RegExp): string[] {
  return [...sources].filter(([, source]) => pattern.test(source)).map(([file]) => file);
}
