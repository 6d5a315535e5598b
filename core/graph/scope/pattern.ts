import { expandBraces } from './expand-braces.ts';
import type { Segment } from './segment.ts';
import { parseSegment } from './segment.ts';

// What one entry of a scope means. A path without wildcards stands for itself and all below it; a glob for exactly what it
// matches, or for all below that when it ends in /, /** or the plain name of a directory. Special: * ? ** {a,b} [abc]. Where
// a reading is in doubt, the pattern has both: routes/[id] is a directory of that name as well as a class.

export const GLOBSTAR = '**';
const MAX_EXPANSIONS = 64;

export type Pattern = {
  /** As it was written, braces apart. */
  readonly text: string;
  /** The same for patterns that mean the same. */
  readonly key: string;
  readonly segments: readonly (Segment | typeof GLOBSTAR)[];
  /** So many leading segments are plain names. */
  readonly fixedCount: number;
  /** Covers what is below its matches too. */
  readonly coversDescendants: boolean;
  /** A plain path that by its name is a file, so that globs reach nothing below it. */
  readonly isFile: boolean;
};

/** A pattern has several readings when it has braces or brackets; none when it leaves the repository. */
export function compilePattern(text: string): Pattern[] {
  const clean = cleanPath(text);
  if (clean === undefined) return [];
  const texts = expandBraces(clean, MAX_EXPANSIONS) ?? [`${getFixedPrefix(clean)}/**`];
  const found = new Map<string, Pattern>();
  for (const one of texts) {
    for (const classes of one.includes('[') ? [false, true] : [false]) {
      const pattern = buildPattern(one, classes);
      if (pattern !== undefined) found.set(pattern.key, pattern);
    }
  }
  return [...found.values()];
}

export function isLiteral(pattern: Pattern): boolean {
  return pattern.fixedCount === pattern.segments.length;
}

/** Without "./", doubled slashes and spaces around it; undefined when it is empty or leaves the repository. */
export function cleanPath(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const segments = trimmed.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) return undefined;
  return segments.join('/') + (trimmed.endsWith('/') && segments.length > 0 ? '/' : '');
}

function buildPattern(text: string, classes: boolean): Pattern | undefined {
  const clean = text === '' ? '' : cleanPath(replaceExtendedGlobs(text));
  if (clean === undefined) return undefined;
  const names = clean.split('/').filter((name) => name !== '');
  const segments = names
    .map((name) => (/^\*\*+$/.test(name) ? GLOBSTAR : parseSegment(name, classes)))
    .filter((segment, at, all) => segment !== GLOBSTAR || all[at - 1] !== GLOBSTAR);
  const directory = clean.endsWith('/') || segments.at(-1) === GLOBSTAR;
  if (segments.at(-1) === GLOBSTAR) segments.pop();
  const wild = segments.findIndex((segment) => segment === GLOBSTAR || segment.tokens);
  const fixed = wild < 0 ? segments.length : wild;
  // Below a glob's match means at least one name more; a plain directory stands for itself too.
  if (directory && wild >= 0) segments.push(parseSegment('*', false));
  const last = segments.at(-1);
  const plainEnd = last === undefined || (last !== GLOBSTAR && last.tokens === undefined);
  const named = plainEnd && !directory && isFileName(names.at(-1) ?? '');
  const deep = wild < 0 || directory || (plainEnd && !named);
  const file = wild < 0 && named;
  const path = segments.map((segment) => (segment === GLOBSTAR ? GLOBSTAR : segment.text));
  const key = `${classes ? '[' : ''}${deep ? '/' : ''}${file ? '.' : ''}:${path.join('/')}`;
  return { text, key, segments, fixedCount: fixed, coversDescendants: deep, isFile: file };
}

const FILE_NAMES = new Set(
  (
    'Brewfile CHANGELOG CODEOWNERS Dockerfile Gemfile Jenkinsfile Justfile LICENSE Makefile NOTICE Procfile README Rakefile ' +
    'Vagrantfile .dockerignore .editorconfig .env .gitattributes .gitignore .npmrc .nvmrc .prettierrc'
  ).split(' '),
);

function isFileName(name: string): boolean {
  return FILE_NAMES.has(name) || /[^.]\.[A-Za-z][A-Za-z0-9]*$/.test(name);
}

/** Extended globs, as in @(a|b), are read as a `*`: more than they mean, never less. */
function replaceExtendedGlobs(text: string): string {
  const replaced = text.replace(/[@!+?*]\([^()/]*\)/g, '*');
  return /[@!+?*]\(/.test(replaced) ? `${getFixedPrefix(replaced)}/**` : replaced;
}

function getFixedPrefix(text: string): string {
  const names = text.split('/');
  const wild = names.findIndex((name) => /[*?[{]|[@!+]\(/.test(name));
  return names.slice(0, Math.max(wild, 0)).join('/');
}
