import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findJsonShapeProblem } from './json-shape.ts';

const limits = { maxDepth: 3, maxEntries: 5 };

test('depth and entries are counted', () => {
  expect(findJsonShapeProblem('[[[1]]]', limits)).toBeUndefined();
  expect(findJsonShapeProblem('{"a":[{"b":1}]}', limits)).toBeUndefined();
  expect(findJsonShapeProblem('[[[[1]]]]', limits)).toContain('deeper than 3');
  expect(findJsonShapeProblem('[1,2,3,4,5,6]', limits)).toBeUndefined();
  expect(findJsonShapeProblem('[1,2,3,4,5,6,7]', limits)).toContain('more than 5');
});

test('what stands in strings counts for nothing', () => {
  expect(findJsonShapeProblem('["[[[[[[", ",,,,,,,", "\\"[[[[", "\\\\"]', limits)).toBeUndefined();
  expect(findJsonShapeProblem('"unclosed [[[[[', limits)).toBeUndefined();
});

test('a million brackets are refused at once', () => {
  expect(findJsonShapeProblem('['.repeat(1e6), limits)).toContain('deeper');
});

test('no JSON value within the limits is refused', async () => {
  await fc.assert(
    fc.property(fc.json({ maxDepth: 3, depthSize: 'small' }), (text) => {
      const problem = findJsonShapeProblem(text, { maxDepth: 4, maxEntries: 1e6 });
      return problem === undefined;
    }),
  );
});
