import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileScope, findScopeOverlaps } from '../scope/scope.ts';
import { addPredecessor, appendPlace, comesBefore, createAncestors } from './ancestors.ts';
import type { SearchLimits } from './placed-patterns.ts';
import { createPlacedPatterns, findPredecessors, placePatterns } from './placed-patterns.ts';

const entryArbitrary = fc
  .tuple(
    fc.constantFrom('', 'src/', 'src/a/', '**/', '*/', 'a.ts/'),
    fc.constantFrom(
      'a.ts',
      'b.ts',
      'a',
      '*.ts',
      'a*',
      '*',
      'b/',
      '**',
      '{a,b}.ts',
      '[ab].ts',
      '*/a.ts',
    ),
  )
  .map(([directory, name]) => directory + name);
const scopesArbitrary = fc.array(fc.array(entryArbitrary, { maxLength: 3 }), { maxLength: 16 });

/** Places the scopes in order; returns the number of added edges and the resulting order. */
function placeScopes(scopes: readonly (readonly string[])[], limits: SearchLimits) {
  const ancestors = createAncestors();
  const placed = createPlacedPatterns(scopes.length, limits);
  let edges = 0;
  for (const scope of scopes) {
    const { patterns } = compileScope(scope);
    const place = appendPlace(ancestors, []);
    for (const earlier of findPredecessors(placed, ancestors, patterns, place)) {
      if (addPredecessor(ancestors, place, earlier)) edges++;
    }
    placePatterns(placed, patterns, place);
  }
  return { edges, isBefore: (a: number, b: number) => comesBefore(ancestors, a, b) };
}

describe('findPredecessors', { timeout: 60_000 }, () => {
  // With 0 patterns, the search finds every overlap through the index.
  it.each([0, 1, 3, 64])(
    'orders all overlapping scopes if the %i most recently placed patterns are compared before the index is used',
    (recentPatterns) => {
      void fc.assert(
        fc.property(scopesArbitrary, (scopes) => {
          const { isBefore } = placeScopes(scopes, {
            recentPatterns,
            maxComparisons: Number.POSITIVE_INFINITY,
          });

          for (const [later, scope] of scopes.entries()) {
            for (let earlier = 0; earlier < later; earlier++) {
              if (findScopeOverlaps(scopes[earlier] ?? [], scope).length === 0) continue;
              expect(isBefore(earlier, later)).toBe(true);
            }
          }
        }),
        { numRuns: 600 },
      );
    },
  );

  it('orders two scopes without an overlap only if overlaps with scopes between them require the order', () => {
    void fc.assert(
      fc.property(scopesArbitrary, (scopes) => {
        const { isBefore } = placeScopes(scopes, {
          recentPatterns: 0,
          maxComparisons: Number.POSITIVE_INFINITY,
        });
        const expectedPredecessors = scopes.map(() => new Set<number>());

        for (const [later, scope] of scopes.entries()) {
          for (let earlier = 0; earlier < later; earlier++) {
            if (findScopeOverlaps(scopes[earlier] ?? [], scope).length === 0) continue;
            for (const other of [earlier, ...(expectedPredecessors[earlier] ?? [])])
              expectedPredecessors[later]?.add(other);
          }
          for (let earlier = 0; earlier < later; earlier++) {
            expect(isBefore(earlier, later)).toBe(expectedPredecessors[later]?.has(earlier));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('orders scopes even without an overlap once the limit of comparisons is exceeded', () => {
    const scopes = Array.from({ length: 200 }, (_, index) => [`**/x-${index}-*.ts`]);

    const { isBefore, edges } = placeScopes(scopes, { recentPatterns: 4, maxComparisons: 100 });

    expect(isBefore(150, 199)).toBe(true);
    expect(edges).toBeLessThan(400);
    expect(placeScopes(scopes, { recentPatterns: 4, maxComparisons: 1_000_000 }).edges).toBe(0);
  });
});
