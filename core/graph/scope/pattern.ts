import { expandBraces } from './expand-braces.ts';
import type { Segment } from './segment.ts';
import { parseSegment } from './segment.ts';

// An entry of a scope is a path or a glob. A path without wildcards covers itself and everything below. A glob covers exactly
// its matches; a glob that ends in /, /** or the plain name of a directory also covers everything below its matches. Wildcards
// are * ? ** {a,b} [abc]. Brackets are ambiguous, so routes/[id] is compiled both as a plain name and as a character class.

/** The segment `**`, which matches any number of names. */
export const GLOBSTAR = '**';
const MAX_EXPANSIONS = 64;

/** A compiled entry of a scope. */
export type Pattern = {
  /** The entry as written, with braces expanded. */
  readonly text: string;
  /** Equal for patterns with the same meaning. */
  readonly key: string;
  readonly segments: readonly (Segment | typeof GLOBSTAR)[];
  /** Number of plain names at the start. */
  readonly fixedCount: number;
  /** True if the pattern also covers everything below its matches. */
  readonly coversDescendants: boolean;
  /** True for a plain path whose last name looks like the name of a file, so no path below exists. */
  readonly isFile: boolean;
};

/** Compiles an entry of a scope: to several patterns for braces or brackets, to none for a path outside the repository. */
export function compilePattern(text: string): Pattern[] {
  const clean = cleanPath(text);
  if (clean === undefined) return [];
  const texts = expandBraces(clean, MAX_EXPANSIONS) ?? [`${getFixedPrefix(clean)}/**`];
  const patterns = new Map<string, Pattern>();
  for (const expansion of texts) {
    const classOptions = expansion.includes('[') ? [false, true] : [false];
    for (const bracketsAreClasses of classOptions) {
      const pattern = buildPattern(expansion, bracketsAreClasses);
      if (pattern !== undefined) patterns.set(pattern.key, pattern);
    }
  }
  return [...patterns.values()];
}

/** Tells whether a pattern has no wildcards. */
export function isLiteral(pattern: Pattern): boolean {
  return pattern.fixedCount === pattern.segments.length;
}

/** Removes "./", doubled slashes and surrounding spaces; returns undefined for an empty path and for "..". */
export function cleanPath(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const segments = trimmed.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) return undefined;
  return segments.join('/') + (trimmed.endsWith('/') && segments.length > 0 ? '/' : '');
}

function buildPattern(text: string, bracketsAreClasses: boolean): Pattern | undefined {
  const clean = text === '' ? '' : cleanPath(replaceExtendedGlobs(text));
  if (clean === undefined) return undefined;
  const names = clean.split('/').filter((name) => name !== '');
  const segments = names
    .map((name) => (/^\*\*+$/.test(name) ? GLOBSTAR : parseSegment(name, bracketsAreClasses)))
    .filter((segment, index, all) => segment !== GLOBSTAR || all[index - 1] !== GLOBSTAR);
  const isDirectory = clean.endsWith('/') || segments.at(-1) === GLOBSTAR;
  if (segments.at(-1) === GLOBSTAR) segments.pop();
  const firstWildcard = segments.findIndex((segment) => segment === GLOBSTAR || segment.tokens);
  const fixedCount = firstWildcard < 0 ? segments.length : firstWildcard;
  // A directory glob matches paths below its matches, so at least one more name must follow; a plain directory covers itself.
  if (isDirectory && firstWildcard >= 0) segments.push(parseSegment('*', false));
  const last = segments.at(-1);
  const endsPlain = last === undefined || (last !== GLOBSTAR && last.tokens === undefined);
  const endsWithFileName = endsPlain && !isDirectory && isFileName(names.at(-1) ?? '');
  const coversDescendants = firstWildcard < 0 || isDirectory || (endsPlain && !endsWithFileName);
  const isFile = firstWildcard < 0 && endsWithFileName;
  const path = segments.map((segment) => (segment === GLOBSTAR ? GLOBSTAR : segment.text));
  const key = `${bracketsAreClasses ? '[' : ''}${coversDescendants ? '/' : ''}${isFile ? '.' : ''}:${path.join('/')}`;
  return { text, key, segments, fixedCount, coversDescendants, isFile };
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

/** Replaces an extended glob such as @(a|b) by `*`, which covers at least the same paths. */
function replaceExtendedGlobs(text: string): string {
  const replaced = text.replace(/[@!+?*]\([^()/]*\)/g, '*');
  return /[@!+?*]\(/.test(replaced) ? `${getFixedPrefix(replaced)}/**` : replaced;
}

function getFixedPrefix(text: string): string {
  const names = text.split('/');
  const firstWildcard = names.findIndex((name) => /[*?[{]|[@!+]\(/.test(name));
  return names.slice(0, Math.max(firstWildcard, 0)).join('/');
}
