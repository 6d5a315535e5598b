import { expect, test } from 'vitest';
import { findClosest } from './find-closest.ts';

const WORDS = ['plan show', 'plan list', 'status', 'task logs'];

test.each([
  ['statsu', 'status'],
  ['plan shwo', 'plan show'],
  ['stat', 'status'],
  ['xyz', undefined],
  ['plan', undefined],
])('the closest word to %s is %s', (typed, expected) => {
  expect(findClosest(typed, WORDS)).toBe(expected);
});
