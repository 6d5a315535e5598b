import { expect, test } from 'vitest';
import { closest } from './closest.ts';

const WORDS = ['plan show', 'plan list', 'status', 'task logs'];

test.each([
  ['statsu', 'status'],
  ['plan shwo', 'plan show'],
  ['stat', 'status'],
  ['xyz', undefined],
  ['plan', undefined],
])('%s means %s', (typed, meant) => {
  expect(closest(typed, WORDS)).toBe(meant);
});
