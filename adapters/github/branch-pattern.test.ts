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
  ['a.b', 'axb', false],
  ['a+b', 'aab', false],
  ['(a+)+$', '(a+)+$', true],
  ['', '', true],
  ['', 'main', false],
])('pattern "%s" with branch "%s" gives %s', (pattern, name, matches) => {
  expect(branchMatchesPattern(pattern, name)).toBe(matches);
});

test('matches a malicious pattern in linear time', () => {
  for (const pattern of ['**/a'.repeat(80), '*a'.repeat(120), `${'*?'.repeat(125)}x`])
    expect(branchMatchesPattern(pattern, `${'a'.repeat(250)}b`)).toBe(false);
});
