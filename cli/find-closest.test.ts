import { expect, test } from 'vitest';
import { findClosest } from './find-closest.ts';

const WORDS = ['plan show', 'plan list', 'status', 'task logs'];

test.each([
  ['statsu', 'status'],
  ['plan shwo', 'plan show'],
  ['stat', 'status'],
])('the closest word to %j is %j', (typed, expected) => {
  expect(findClosest(typed, WORDS)).toBe(expected);
});

test.each(['xyz', 'plan'])('no word is close to %j', (typed) => {
  expect(findClosest(typed, WORDS)).toBeUndefined();
});
