import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** Import of a file. */
export type ImportEdge = {
  readonly file: string;
  /** Path from the root of the project, name of a package without its subpath, `node:...`, or `(computed)`. */
  readonly target: string;
  readonly kind: 'project' | 'package' | 'node' | 'computed';
};

const SOURCE_PATTERNS = [
  '{core,adapters,functions,agent,cli,local,stacks,web,test,bench}/**/*.{ts,tsx}',
  '*.ts',
];
const IGNORED_PATTERNS = ['**/node_modules/**', 'local/sample/**', 'local/model/work/**'];

/** Patterns of static imports and re-exports, of imports for side effects, and of dynamic and type imports. */
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
    ([, specifier = '']) => createImportEdge(file, specifier),
  );
  const computed = [...source.matchAll(COMPUTED_IMPORT_PATTERN)].map(
    (): ImportEdge => ({ file, target: '(computed)', kind: 'computed' }),
  );
  return [...named, ...computed];
}

function createImportEdge(file: string, specifier: string): ImportEdge {
  if (specifier.startsWith('node:')) return { file, target: specifier, kind: 'node' };
  if (specifier.startsWith('.'))
    return { file, target: normalize(join(dirname(file), specifier)), kind: 'project' };
  const parts = specifier.split('/');
  const target = parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
  return { file, target, kind: 'package' };
}
