import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findJsonShapeProblem } from './json-shape.ts';

const limits = { maxDepth: 3, maxEntries: 5 };

test('limits the nesting depth and the number of entries', () => {
  expect(findJsonShapeProblem('[[[1]]]', limits)).toBeUndefined();
  expect(findJsonShapeProblem('{"a":[{"b":1}]}', limits)).toBeUndefined();
  expect(findJsonShapeProblem('[[[[1]]]]', limits)).toContain('deeper than 3');
  expect(findJsonShapeProblem('[1,2,3,4,5,6]', limits)).toBeUndefined();
  expect(findJsonShapeProblem('[1,2,3,4,5,6,7]', limits)).toContain('more than 5');
});

test('ignores brackets and commas inside strings', () => {
  expect(findJsonShapeProblem('["[[[[[[", ",,,,,,,", "\\"[[[[", "\\\\"]', limits)).toBeUndefined();
  expect(findJsonShapeProblem('"unclosed [[[[[', limits)).toBeUndefined();
});

test('rejects a million nested brackets', () => {
  expect(findJsonShapeProblem('['.repeat(1e6), limits)).toContain('deeper');
});

test('accepts every JSON value within the limits', async () => {
  await fc.assert(
    fc.property(fc.json({ maxDepth: 3, depthSize: 'small' }), (text) => {
      const problem = findJsonShapeProblem(text, { maxDepth: 4, maxEntries: 1e6 });
      return problem === undefined;
    }),
  );
});
