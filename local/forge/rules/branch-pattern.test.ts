import { expect, test } from 'vitest';
import { matchesBranchPattern } from './branch-pattern.ts';
import { BRANCH_PATTERN_CASES } from './branch-pattern-cases.ts';

test.each(BRANCH_PATTERN_CASES)('pattern %j covers branch %j: %s', (pattern, branch, isCovered) => {
  expect(matchesBranchPattern(pattern, branch)).toBe(isCovered);
});

test('a pattern of many wildcards takes no more than its length times the length of the name', () => {
  for (const pattern of ['**/a'.repeat(80), '*a'.repeat(120), `${'*?'.repeat(125)}x`])
    expect(matchesBranchPattern(pattern, `${'a'.repeat(250)}b`)).toBe(false);
});
