import fc from 'fast-check';
import { expect, test } from 'vitest';
import { branchMatchesPattern } from '../../adapters/github/branch-pattern.ts';
import { matchesBranchPattern } from '../../local/forge/rules/branch-pattern.ts';
import { BRANCH_PATTERN_CASES } from '../../local/forge/rules/branch-pattern-cases.ts';

// The GitHub adapter and the forge emulator match branch patterns with separate code. Both follow GitHub's documentation of
// `File.fnmatch` with `FNM_PATHNAME`, so any difference is a defect. No difference is known.

test.each(BRANCH_PATTERN_CASES)(
  'adapter and emulator match pattern %j and branch %j with the result %s',
  (pattern, branch, isCovered) => {
    expect({
      adapter: branchMatchesPattern(pattern, branch),
      emulator: matchesBranchPattern(pattern, branch),
    }).toEqual({ adapter: isCovered, emulator: isCovered });
  },
);

const PATTERN_PARTS = [
  ...['a', 'b', '-', '.', '/', '*', '?', '**', '**/', '/**/', '!', '^', ']', '\\', '{a,b}'],
  ...['[ab]', '[a-c]', '[!b]', '[^b]', '[-a]', '[c-a]', '[a/]', '[]', '[!]', '[ab'],
];
const patterns = fc
  .array(fc.constantFrom(...PATTERN_PARTS), { maxLength: 8 })
  .map((parts) => parts.join(''));
const branches = fc
  .array(fc.constantFrom('a', 'b', 'c', '-', 'aa', '/', 'a/', 'b/a'), { maxLength: 8 })
  .map((parts) => parts.join(''));

test('adapter and emulator agree on generated patterns and branch names', () => {
  const outcomes = new Set<boolean>();
  void fc.assert(
    fc.property(patterns, branches, (pattern, branch) => {
      const isCovered = matchesBranchPattern(pattern, branch);
      outcomes.add(isCovered);
      expect(branchMatchesPattern(pattern, branch), `${pattern} and ${branch}`).toBe(isCovered);
    }),
    { numRuns: 20_000 },
  );
  expect(outcomes).toEqual(new Set([true, false]));
});
