import type { Pattern } from './pattern.ts';
import { cleanPath, compilePattern } from './pattern.ts';
import { patternCovers, patternMatches, patternsOverlap } from './pattern-match.ts';

// Which paths a task may change. Paths are relative to the repository and case-sensitive; names that begin with a dot are
// like any other.

/** A scope prepared for many questions. */
export type Scope = { readonly patterns: readonly Pattern[] };
export type ScopeInput = readonly string[] | Scope;

export function compileScope(scope: ScopeInput): Scope {
  return 'patterns' in scope ? scope : { patterns: scope.flatMap(compilePattern) };
}

/** An empty scope contains nothing: it is not known. */
export function scopeContains(scope: ScopeInput, path: string): boolean {
  const clean = path.startsWith('/') ? undefined : cleanPath(path);
  if (clean === undefined) return false;
  const names = clean.split('/').filter((name) => name !== '');
  return compileScope(scope).patterns.some((pattern) => patternMatches(pattern, names));
}

/**
 * Where two scopes meet, sorted: the narrower of two patterns when it lies in the other, else `a & b`. Two globs meet unless
 * they can be proved apart. What lies wholly in a pattern of `except` (shared paths) does not count.
 */
export function findScopeOverlaps(
  a: ScopeInput,
  b: ScopeInput,
  options: { readonly except?: ScopeInput } = {},
): string[] {
  const except = compileScope(options.except ?? []);
  const mine = dividePatterns(compileScope(a), except).own;
  const theirs = dividePatterns(compileScope(b), except).own;
  const found = new Set<string>();
  for (const one of mine) {
    for (const other of theirs) {
      if (patternsOverlap(one, other)) found.add(describePatternOverlap(one, other));
    }
  }
  return [...found].sort();
}

/** `common` lies wholly in a shared pattern, `own` does not, as far as that can be seen. */
export function dividePatterns(
  scope: Scope,
  shared: Scope,
): { readonly own: readonly Pattern[]; readonly common: readonly Pattern[] } {
  if (shared.patterns.length === 0) return { own: scope.patterns, common: [] };
  const own: Pattern[] = [];
  const common: Pattern[] = [];
  for (const pattern of scope.patterns) {
    const isCommon = shared.patterns.some((whole) => patternCovers(whole, pattern));
    (isCommon ? common : own).push(pattern);
  }
  return { own, common };
}

export function describePatternOverlap(a: Pattern, b: Pattern): string {
  const [first, second] = a.text <= b.text ? [a, b] : [b, a];
  if (patternCovers(second, first)) return first.text;
  if (patternCovers(first, second)) return second.text;
  return `${first.text} & ${second.text}`;
}
