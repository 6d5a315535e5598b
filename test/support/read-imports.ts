import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export type ImportEdge = {
  readonly file: string;
  /** From the root of the project, a package's name without its subpath, `node:...`, or `(computed)`. */
  readonly target: string;
  readonly kind: 'project' | 'package' | 'node' | 'computed';
};

const SOURCE_PATTERNS = [
  '{core,adapters,functions,agent,cli,local,stacks,web,test,bench}/**/*.{ts,tsx}',
  '*.ts',
];
const IGNORED_PATTERNS = ['**/node_modules/**', 'local/sample/**', 'local/model/work/**'];

/** Static ones, also of types and re-exports; dynamic ones; types by `import('...')`. */
const IMPORT_PATTERNS = [
  /^\s*(?:import|export)\b[^'";]*?\bfrom\s*['"]([^'"]+)['"]/gm,
  /^\s*import\s*['"]([^'"]+)['"]/gm,
  /\bimport\s*\(\s*['"]([^'"]+)['"]/g,
];
const COMPUTED_IMPORT_PATTERN = /\bawait import\s*\(\s*[^'"\s]/g;

export function readSources(root: string): Map<string, string> {
  const files = globSync(SOURCE_PATTERNS, { cwd: root, exclude: IGNORED_PATTERNS }).toSorted();
  return new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
}

export function findImports(file: string, source: string): ImportEdge[] {
  const named = IMPORT_PATTERNS.flatMap((pattern) => [...source.matchAll(pattern)]).map(
    ([, given = '']) => createImportEdge(file, given),
  );
  const computed = [...source.matchAll(COMPUTED_IMPORT_PATTERN)].map(
    (): ImportEdge => ({ file, target: '(computed)', kind: 'computed' }),
  );
  return [...named, ...computed];
}

function createImportEdge(file: string, given: string): ImportEdge {
  if (given.startsWith('node:')) return { file, target: given, kind: 'node' };
  if (given.startsWith('.'))
    return { file, target: normalize(join(dirname(file), given)), kind: 'project' };
  const parts = given.split('/');
  const target = parts.slice(0, given.startsWith('@') ? 2 : 1).join('/');
  return { file, target, kind: 'package' };
}
