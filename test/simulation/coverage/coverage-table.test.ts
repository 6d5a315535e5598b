import { expect, test } from 'vitest';
import { computeRequiredCount } from './coverage-table.ts';

test('the required count is proportional to the number of seeds, and a run of few seeds has no required count', () => {
  expect([2_000, 20_000, 100_000].map(computeRequiredCount)).toEqual([undefined, 50, 250]);
});
