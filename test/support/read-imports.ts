import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** Import in a file. */
export type ImportEdge = {
  readonly file: string;
  /** Path from the root of the project, name of a package, `node:<module>`, or `(computed)` for a dynamic import of an expression. */
  readonly target: string;
  readonly kind: 'project' | 'package' | 'node' | 'computed';
};

const SOURCE_PATTERNS = [
  '{core,adapters,functions,agent,cli,local,stacks,web,test,bench}/**/*.{ts,tsx}',
  '*.ts',
];
const IGNORED_PATTERNS = ['**/node_modules/**', 'local/sample/**', 'local/model/work/**'];

/** Match, in this order: static imports and re-exports, imports for side effects, and dynamic imports and import types. */
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
  const literalImports = IMPORT_PATTERNS.flatMap((pattern) => [...source.matchAll(pattern)]).map(
    ([, specifier = '']) => createImportEdge(file, specifier),
  );
  const computedImports = [...source.matchAll(COMPUTED_IMPORT_PATTERN)].map(
    (): ImportEdge => ({ file, target: '(computed)', kind: 'computed' }),
  );
  return [...literalImports, ...computedImports];
}

function createImportEdge(file: string, specifier: string): ImportEdge {
  if (specifier.startsWith('node:')) return { file, target: specifier, kind: 'node' };
  if (specifier.startsWith('.'))
    return { file, target: normalize(join(dirname(file), specifier)), kind: 'project' };
  const parts = specifier.split('/');
  const target = parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
  return { file, target, kind: 'package' };
}
