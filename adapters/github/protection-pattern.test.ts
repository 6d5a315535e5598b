import { expect, test } from 'vitest';
import { matchesPattern } from './protection-pattern.ts';

test.each([
  ['main', 'main', true],
  ['main', 'main2', false],
  ['*', 'main', true],
  ['*', 'a/b', false],
  ['*/*', 'a/b', true],
  ['**/*', 'a/b/c', true],
  ['release/**/*', 'release/1/x', true],
  ['v?.x', 'v1.x', true],
  ['v?.x', 'v1ax', false],
  ['a+b', 'aab', false],
])('%s holds for %s: %s', (pattern, branch, holds) => {
  expect(matchesPattern(pattern, branch)).toBe(holds);
});
