import type { Pattern } from './pattern.ts';
import { cleanPath, compilePattern } from './pattern.ts';
import { patternCovers, patternMatches, patternsOverlap } from './pattern-match.ts';

// The scope of a task lists the paths that the task may change. Paths are relative to the root of the repository and
// case-sensitive; wildcards also match names with a leading dot.

/** A compiled scope. */
export type Scope = { readonly patterns: readonly Pattern[] };
/** A scope as listed in a task, or a compiled scope. */
export type ScopeInput = readonly string[] | Scope;

/** Compiles a scope; returns a compiled scope unchanged. */
export function compileScope(scope: ScopeInput): Scope {
  return 'patterns' in scope ? scope : { patterns: scope.flatMap(compilePattern) };
}

/** Tells whether a path belongs to a scope; an empty scope contains no path. */
export function scopeContains(scope: ScopeInput, path: string): boolean {
  const clean = path.startsWith('/') ? undefined : cleanPath(path);
  if (clean === undefined) return false;
  const names = clean.split('/').filter((name) => name !== '');
  return compileScope(scope).patterns.some((pattern) => patternMatches(pattern, names));
}

/**
 * Returns the overlaps of two scopes, as described by `describePatternOverlap`, sorted. Two globs count as overlapping unless
 * the check can exclude a common path. Patterns that `except` (shared paths) covers are ignored.
 */
export function findScopeOverlaps(
  a: ScopeInput,
  b: ScopeInput,
  options: { readonly except?: ScopeInput } = {},
): string[] {
  const except = compileScope(options.except ?? []);
  const patternsOfA = dividePatterns(compileScope(a), except).own;
  const patternsOfB = dividePatterns(compileScope(b), except).own;
  const overlaps = new Set<string>();
  for (const patternA of patternsOfA) {
    for (const patternB of patternsOfB) {
      if (patternsOverlap(patternA, patternB))
        overlaps.add(describePatternOverlap(patternA, patternB));
    }
  }
  return [...overlaps].sort();
}

/** Divides a scope into patterns that a shared pattern covers (`common`) and all other patterns (`own`). */
export function dividePatterns(
  scope: Scope,
  shared: Scope,
): { readonly own: readonly Pattern[]; readonly common: readonly Pattern[] } {
  if (shared.patterns.length === 0) return { own: scope.patterns, common: [] };
  const own: Pattern[] = [];
  const common: Pattern[] = [];
  for (const pattern of scope.patterns) {
    const isCommon = shared.patterns.some((sharedPattern) => patternCovers(sharedPattern, pattern));
    (isCommon ? common : own).push(pattern);
  }
  return { own, common };
}

/** Names the overlap of two patterns: the narrower pattern, or `a & b` if neither covers the other. */
export function describePatternOverlap(a: Pattern, b: Pattern): string {
  const [first, second] = a.text <= b.text ? [a, b] : [b, a];
  if (patternCovers(second, first)) return first.text;
  if (patternCovers(first, second)) return second.text;
  return `${first.text} & ${second.text}`;
}
