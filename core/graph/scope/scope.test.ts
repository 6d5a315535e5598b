import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern } from './pattern.ts';
import { patternCovers, patternsOverlap } from './pattern-match.ts';
import { compileScope, findScopeOverlaps, scopeContains } from './scope.ts';

describe('scopeContains', () => {
  it.each([
    ['src/app.ts', 'src/app.ts'],
    ['./src//app.ts', 'src/app.ts'],
    ['src/auth', 'src/auth/login.ts'],
    ['src/auth/', 'src/auth/deep/login.ts'],
    ['src/*.ts', 'src/app.ts'],
    ['src/**/*.ts', 'src/app.ts'],
    ['src/**/*.ts', 'src/a/b/c.ts'],
    ['**/*.test.ts', 'a.test.ts'],
    ['src/**', 'src/.hidden'],
    ['**', 'anything/at.all'],
    ['.', 'anything/at.all'],
    ['src/{a,b/c}.ts', 'src/b/c.ts'],
    ['src/{a,{b,c}}.ts', 'src/c.ts'],
    ['log/{1..3}.txt', 'log/2.txt'],
    ['src/[ab].ts', 'src/b.ts'],
    ['src/[!a]x.ts', 'src/bx.ts'],
    ['src/[a-c]1', 'src/b1'],
    ['app/[id]/page.tsx', 'app/[id]/page.tsx'],
    ['app/(auth)/[...all]/*.tsx', 'app/(auth)/[...all]/page.tsx'],
    ['src/@(a|b).ts', 'src/a.ts'],
    ['src/a?c', 'src/abc'],
    ['packages/*/', 'packages/web/index.ts'],
    ['packages/*/src', 'packages/web/src/index.ts'],
    ['docs/été.md', 'docs/été.md'],
  ])('%s contains %s', (pattern, path) => {
    expect(scopeContains([pattern], path)).toBe(true);
  });

  it.each([
    ['src/app.ts', 'src/app.tsx'],
    ['src/auth', 'src/authority.ts'],
    ['src/*', 'src/a/b.ts'],
    ['*.md', 'docs/readme.md'],
    ['src/**/*.ts', 'lib/a.ts'],
    ['src/[!a]x.ts', 'src/ax.ts'],
    ['packages/*/', 'packages/readme.md'],
    ['src/App.ts', 'src/app.ts'],
    ['../other', 'other'],
    ['src', '../src'],
    ['src', '/src'],
    ['', 'src'],
  ])('%s does not contain %s', (pattern, path) => {
    expect(scopeContains([pattern], path)).toBe(false);
  });

  it('contains no path for an empty scope', () => {
    expect(scopeContains([], 'src/app.ts')).toBe(false);
  });

  it('accepts a compiled scope', () => {
    expect(scopeContains(compileScope(['src/']), 'src/a.ts')).toBe(true);
  });

  it('matches patterns with many wildcards within 2 seconds of processor time', () => {
    const longName = `${'a'.repeat(380)}b`;
    const deepPath = `${'a/'.repeat(190)}b`;
    const before = process.threadCpuUsage();

    expect(scopeContains([`${'*a'.repeat(190)}c`], longName)).toBe(false);
    expect(scopeContains([`${'**/a/'.repeat(70)}c`], deepPath)).toBe(false);
    expect(scopeContains(['{a,b}'.repeat(70)], longName)).toBe(true);
    expect(
      findScopeOverlaps([`${'**/a/'.repeat(70)}x`], [`${'a/**/'.repeat(70)}y.ts`]),
    ).toHaveLength(1);

    expect(process.threadCpuUsage(before).user / 1_000).toBeLessThan(2_000);
  });
});

describe('findScopeOverlaps', () => {
  it.each([
    [['src/a.ts'], ['src/a.ts'], ['src/a.ts']],
    [['src/'], ['src/a.ts'], ['src/a.ts']],
    [['src/*.ts'], ['src/a.ts', 'src/b.js'], ['src/a.ts']],
    [['src/**/*.ts'], ['src/a/'], ['src/**/*.ts & src/a/']],
    [['src/*.ts'], ['src/index.*'], ['src/*.ts & src/index.*']],
    [['**/*.test.ts'], ['src/auth'], ['**/*.test.ts & src/auth']],
    [['src/{a,b}.ts'], ['src/b.ts'], ['src/b.ts']],
    [['app/[id]/x.ts'], ['app/[id]/'], ['app/[id]/x.ts']],
    [['Makefile'], ['Makefile'], ['Makefile']],
    [['lib/foo.js'], ['lib/foo.js/*.ts'], ['lib/foo.js/*.ts']],
  ])('finds the overlap of %j and %j: %j', (a, b, paths) => {
    expect(findScopeOverlaps(a, b)).toEqual(paths);
    expect(findScopeOverlaps(b, a)).toEqual(paths);
  });

  it.each([
    [['src/a/*.ts'], ['src/b/*.ts']],
    [['src/a.ts'], ['src/a.tsx']],
    [['src/*.ts'], ['src/*.js']],
    [['src/**/*.test.ts'], ['src/**/*.css']],
    [['docs/readme.md'], ['**/*.test.ts']],
    [['Makefile'], ['**/*.ts']],
    [['src/auth'], ['src/authority']],
    [[], ['src']],
  ])('finds no overlap of %j and %j', (a, b) => {
    expect(findScopeOverlaps(a, b)).toEqual([]);
    expect(findScopeOverlaps(b, a)).toEqual([]);
  });

  it('ignores overlaps within shared paths', () => {
    const except = ['package-lock.json', '**/CHANGELOG.md', 'registry/'];
    const a = ['package-lock.json', 'web/CHANGELOG.md', 'registry/a.ts', 'src/'];

    expect(findScopeOverlaps(a, a, { except })).toEqual(['src/']);
  });

  it('reports an overlapping directory that contains more than shared paths', () => {
    expect(findScopeOverlaps(['docs/'], ['docs/'], { except: ['docs/index.md'] })).toEqual([
      'docs/',
    ]);
  });
});

const nameArbitrary = fc.constantFrom('a', 'b', 'ab', 'x.ts', 'y.ts', '[a]', '.c');
const pathArbitrary = fc
  .array(nameArbitrary, { minLength: 1, maxLength: 4 })
  .map((names) => names.join('/'));
const wildcardArbitrary = fc.constantFrom('*', '**', '*.ts', 'a*', '?', '[ab]', '{a,b}', '*b*');
const patternArbitrary = fc
  .tuple(
    fc.array(fc.oneof(nameArbitrary, wildcardArbitrary), { minLength: 1, maxLength: 4 }),
    fc.boolean(),
  )
  .map(([names, directory]) => names.join('/') + (directory ? '/' : ''));

describe('patternsOverlap and patternCovers', { timeout: 60_000 }, () => {
  it('findScopeOverlaps reports an overlap of two patterns that match a common path', () => {
    void fc.assert(
      fc.property(patternArbitrary, patternArbitrary, pathArbitrary, (a, b, path) => {
        // A glob that ends in a file name such as x.ts covers no path below the file, so such paths are skipped.
        fc.pre(!/\.ts\//.test(path));
        const isInBoth = scopeContains([a], path) && scopeContains([b], path);
        if (isInBoth) expect(findScopeOverlaps([a], [b])).not.toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('a pattern that covers another pattern matches every path of the other', () => {
    void fc.assert(
      fc.property(patternArbitrary, patternArbitrary, pathArbitrary, (a, b, path) => {
        fc.pre(!/\.ts\//.test(path));
        for (const whole of compilePattern(a)) {
          for (const part of compilePattern(b)) {
            if (!patternCovers(whole, part)) continue;
            const isInPart = scopeContains({ patterns: [part] }, path);
            if (isInPart) expect(scopeContains({ patterns: [whole] }, path)).toBe(true);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('overlap is symmetric, and each pattern overlaps itself', () => {
    void fc.assert(
      fc.property(patternArbitrary, patternArbitrary, (a, b) => {
        for (const patternA of compilePattern(a)) {
          expect(patternsOverlap(patternA, patternA)).toBe(true);
          for (const patternB of compilePattern(b)) {
            expect(patternsOverlap(patternA, patternB)).toBe(patternsOverlap(patternB, patternA));
          }
        }
      }),
    );
  });
});
