import { expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';

const BOUNDS = { firstMs: 500, maxMs: 30_000 };

test.each([
  [0, 500],
  [1, 500],
  [2, 1_000],
  [3, 2_000],
  [7, 30_000],
  [10_000, 30_000],
])('after %d failures in a row, waits for %d ms', (failures, expected) => {
  expect(backoffMs(failures, BOUNDS)).toBe(expected);
});
