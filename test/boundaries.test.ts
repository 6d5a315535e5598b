import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { ImportRow } from './support/import-table.ts';
import { COLOCATED_TEST_IMPORTS, IMPORT_TABLE } from './support/import-table.ts';
import type { ImportEdge } from './support/read-imports.ts';
import { findImports, readSources } from './support/read-imports.ts';

// The shape of the project, held by reading its files.

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAX_LINES = 400;

/** Entry points and settings; everything else is given what it needs. */
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

const sources = readSources(ROOT);
const imports = [...sources].flatMap(([file, source]) => findImports(file, source));

test('every import obeys the table', () => {
  const offences = imports.flatMap((edge) => findOffence(edge) ?? []);

  expect(offences).toEqual([]);
});

test('an import of each kind is seen, and one against the table is an offence', () => {
  const source = [
    "import type { A } from '../../adapters/dynamo/a.ts';",
    "export { b } from '@aws-sdk/client-sqs/dist/b';",
    "import 'node:fs';",
    "type C = import('../../local/c.ts').C;",
    'const d = await import(name);',
    'import {\n  e,\n} from "../base/app-error.ts";',
  ].join('\n');

  const found = findImports('core/task-state/x.ts', source);

  const offences = found.flatMap((edge) => findOffence(edge)?.split(':')[0] ?? []);
  expect(found).toHaveLength(6);
  expect(offences.toSorted()).toEqual([
    'core/task-state/x.ts -> (computed)',
    'core/task-state/x.ts -> @aws-sdk/client-sqs',
    'core/task-state/x.ts -> adapters/dynamo/a.ts',
    'core/task-state/x.ts -> local/c.ts',
    'core/task-state/x.ts -> node',
  ]);
});

test('every package that is imported is declared, and every declared one is used', () => {
  const { dependencies, devDependencies } = readManifest('package.json');
  const shipped = new Set(Object.keys(dependencies));
  const packages = imports.filter(({ kind }) => kind === 'package');
  const [deployed, used] = [
    packages.filter(isStacksImport),
    packages.filter((one) => !isStacksImport(one)),
  ];

  const undeclared = used.filter(({ file, target }) =>
    isShipped(file)
      ? !shipped.has(target) && !(`@types/${target}` in devDependencies)
      : !shipped.has(target) &&
        !(target in devDependencies) &&
        !(`@types/${target}` in devDependencies),
  );
  const unused = [...shipped].filter((name) => !used.some(({ target }) => target === name));
  expect(undeclared.map(({ file, target }) => `${file} -> ${target}`)).toEqual([]);
  expect(unused).toEqual([]);
  const tools = readManifest('stacks/package.json').dependencies;
  expect(deployed.filter(({ target }) => !(target in tools))).toEqual([]);
});

test('the environment is read where a process begins, and nowhere else', () => {
  const readers = findFilesMatching(/\bprocess\.env\b/).filter((file) => !isTest(file));

  expect(readers.filter((file) => !isIn(file, ENV_READERS))).toEqual([]);
});

test('the core has no clock, no chance, no timer and no network of its own', () => {
  const own =
    /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bset(?:Timeout|Interval)\(|\bfetch\(|\bperformance\.now\(/;

  expect(findFilesMatching(own).filter((file) => isIn(file, ['core']) && !isTest(file))).toEqual(
    [],
  );
});

test('the core names no command of a client', () => {
  const command =
    /smol-gang (?:(?:plan|task|repo|token|user) [a-z]|(?:run|status|recover|cancel|login|doctor|gc)\b)|\bgh (?:pr|auth|api)\b|\bgit (?:merge|push|pull|fetch|checkout)\b|\s--(?:base|max-usd|max-tokens|file|option)\b/;

  const matches = findFilesMatching(command).filter(
    (file) => isIn(file, ['core']) && !isTest(file),
  );
  expect(matches).toEqual([]);
});

test('no file grows beyond what one reads in one go', () => {
  const lengths = [...sources].map(([file, source]) => ({
    file,
    lines: source.split('\n').length - 1,
  }));

  expect(lengths.filter(({ lines }) => lines > MAX_LINES)).toEqual([]);
});

test('nothing replaces our own modules in tests, and nothing is left for later', () => {
  expect(findFilesMatching(/\bvi\.(?:do)?[mM]ock\(/)).toEqual([]);
  expect(findFilesMatching(/\b(?:T[O]DO|F[I]XME)\b/)).toEqual([]);
});

/** The edge and the rule against it; undefined: it is allowed. */
function findOffence({ file, target, kind }: ImportEdge): string | undefined {
  const row = findRow(file);
  if (row === undefined)
    return `${file}: no row in test/support/import-table.ts says what it may import`;
  const beside = isTest(file) ? COLOCATED_TEST_IMPORTS : undefined;
  const allowed = {
    project: () =>
      row.project === 'all' || isIn(target, [row.path, ...row.project, ...(beside?.project ?? [])]),
    package: () =>
      isAllowedName(row.packages, target) || isAllowedName(beside?.packages ?? [], target),
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
  return !isTest(file) && !isIn(file, ['bench', 'vitest.config.ts']);
}

function findFilesMatching(pattern: RegExp): string[] {
  return [...sources].filter(([, source]) => pattern.test(source)).map(([file]) => file);
}
