import { expect, test } from 'vitest';
import { computeDemandedTimes } from './coverage-table.ts';

test('demands more of more seeds, and nothing of few', () => {
  expect([2_000, 20_000, 100_000].map(computeDemandedTimes)).toEqual([undefined, 50, 250]);
});
