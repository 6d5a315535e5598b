import { expect, test } from 'vitest';
import { matchesBranchPattern } from './branch-pattern.ts';
import { BRANCH_PATTERN_CASES } from './branch-pattern-cases.ts';

test.each(BRANCH_PATTERN_CASES)(
  'matchesBranchPattern(%j, %j) is %s',
  (pattern, branch, isCovered) => {
    expect(matchesBranchPattern(pattern, branch)).toBe(isCovered);
  },
);

test('matchesBranchPattern answers fast for a pattern with many wildcards', () => {
  for (const pattern of ['**/a'.repeat(80), '*a'.repeat(120), `${'*?'.repeat(125)}x`])
    expect(matchesBranchPattern(pattern, `${'a'.repeat(250)}b`)).toBe(false);
});
