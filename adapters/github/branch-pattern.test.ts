import { expect, test } from 'vitest';
import { branchMatchesPattern } from './branch-pattern.ts';

test.each([
  ['main', 'main', true],
  ['main', 'mainly', false],
  ['*', 'main', true],
  ['*', 'a/b', false],
  ['*/*', 'a/b', true],
  ['**', 'main', true],
  ['**', 'a/b', false],
  ['release/*', 'release/1', true],
  ['release/*', 'release/1/2', false],
  ['release/**/*', 'release/1', true],
  ['release/**/*', 'release/1/2', true],
  ['**/*', 'a/b/c', true],
  ['**/fix', 'fix', true],
  ['**/fix', 'a/b/fix', true],
  ['**/fix', 'prefix', false],
  ['a/**/z', 'a/z', true],
  ['a/**/z', 'a/b/c/z', true],
  ['v?.0', 'v1.0', true],
  ['v?.0', 'v1a0', false],
  ['v?.0', 'v/.0', false],
  ['v?.0', 'v.0', false],
  ['qa**/**/*', 'qa-1/foo', true],
  ['qa**/**/*', 'qa-1', false],
  ['a**/b', 'ab', false],
  ['release-[0-9]', 'release-7', true],
  ['release-[0-9]', 'release-x', false],
  ['[!m]*', 'develop', true],
  ['[!m]*', 'main', false],
  ['[^m]*', 'develop', false],
  ['x[!a]y', 'x/y', false],
  ['a.b', 'axb', false],
  ['a+b', 'aab', false],
  ['(a+)+$', '(a+)+$', true],
  ['', '', true],
  ['', 'main', false],
])('pattern %j covers branch %j: %s', (pattern, name, isCovered) => {
  expect(branchMatchesPattern(pattern, name)).toBe(isCovered);
});

test('checks malicious patterns without exponential backtracking', () => {
  for (const pattern of ['**/a'.repeat(80), '*a'.repeat(120), `${'*?'.repeat(125)}x`])
    expect(branchMatchesPattern(pattern, `${'a'.repeat(250)}b`)).toBe(false);
});
