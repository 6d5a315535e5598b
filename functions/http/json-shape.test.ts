import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonShapeProblem } from './json-shape.ts';

const limits = { maxDepth: 3, maxEntries: 5 };

test('depth and entries are counted', () => {
  expect(jsonShapeProblem('[[[1]]]', limits)).toBeUndefined();
  expect(jsonShapeProblem('{"a":[{"b":1}]}', limits)).toBeUndefined();
  expect(jsonShapeProblem('[[[[1]]]]', limits)).toContain('deeper than 3');
  expect(jsonShapeProblem('[1,2,3,4,5,6]', limits)).toBeUndefined();
  expect(jsonShapeProblem('[1,2,3,4,5,6,7]', limits)).toContain('more than 5');
});

test('what stands in strings counts for nothing', () => {
  expect(jsonShapeProblem('["[[[[[[", ",,,,,,,", "\\"[[[[", "\\\\"]', limits)).toBeUndefined();
  expect(jsonShapeProblem('"unclosed [[[[[', limits)).toBeUndefined();
});

test('a million brackets are refused at once', () => {
  expect(jsonShapeProblem('['.repeat(1e6), limits)).toContain('deeper');
});

test('no JSON value within the limits is refused', async () => {
  await fc.assert(
    fc.property(fc.json({ maxDepth: 3, depthSize: 'small' }), (text) => {
      const problem = jsonShapeProblem(text, { maxDepth: 4, maxEntries: 1e6 });
      return problem === undefined;
    }),
  );
});
