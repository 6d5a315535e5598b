import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileScope, findScopeOverlaps } from '../scope/scope.ts';
import { addPredecessor, appendPlace, comesBefore, createAncestors } from './ancestors.ts';
import type { OrderingLimits } from './ordering.ts';
import { createOrdering, findPredecessors, placePatterns } from './ordering.ts';

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

/** Places the scopes one after the other; answers who comes before whom. */
function placeScopes(list: readonly (readonly string[])[], limits: OrderingLimits) {
  const ancestors = createAncestors();
  const ordering = createOrdering(list.length, limits);
  let edges = 0;
  for (const scope of list) {
    const { patterns } = compileScope(scope);
    const at = appendPlace(ancestors, []);
    for (const other of findPredecessors(ordering, ancestors, patterns, at)) {
      if (addPredecessor(ancestors, at, other)) edges++;
    }
    placePatterns(ordering, patterns, at);
  }
  return { edges, isBefore: (a: number, b: number) => comesBefore(ancestors, a, b) };
}

describe('the order by scopes', { timeout: 60_000 }, () => {
  // With none compared one by one, everything has to be found through the index.
  it.each([0, 1, 3, 64])(
    'puts all that meet one behind the other, comparing %i first',
    (recent) => {
      void fc.assert(
        fc.property(scopesArbitrary, (list) => {
          const { isBefore } = placeScopes(list, { recent, comparisons: Number.POSITIVE_INFINITY });

          for (const [later, scope] of list.entries()) {
            for (let earlier = 0; earlier < later; earlier++) {
              if (findScopeOverlaps(list[earlier] ?? [], scope).length === 0) continue;
              expect(isBefore(earlier, later)).toBe(true);
            }
          }
        }),
        { numRuns: 600 },
      );
    },
  );

  it('puts none behind one that it does not meet, but through others', () => {
    void fc.assert(
      fc.property(scopesArbitrary, (list) => {
        const { isBefore } = placeScopes(list, {
          recent: 0,
          comparisons: Number.POSITIVE_INFINITY,
        });
        const reach = list.map(() => new Set<number>());

        for (const [later, scope] of list.entries()) {
          for (let earlier = 0; earlier < later; earlier++) {
            if (findScopeOverlaps(list[earlier] ?? [], scope).length === 0) continue;
            for (const other of [earlier, ...(reach[earlier] ?? [])]) reach[later]?.add(other);
          }
          for (let earlier = 0; earlier < later; earlier++) {
            expect(isBefore(earlier, later)).toBe(reach[later]?.has(earlier));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('orders more rather than less when there is too much to compare', () => {
    const list = Array.from({ length: 200 }, (_, at) => [`**/x-${at}-*.ts`]);

    const { isBefore, edges } = placeScopes(list, { recent: 4, comparisons: 100 });

    expect(isBefore(150, 199)).toBe(true);
    expect(edges).toBeLessThan(400);
    expect(placeScopes(list, { recent: 4, comparisons: 1_000_000 }).edges).toBe(0);
  });
});
