import { expect, test } from 'vitest';
import { computeRequiredCount } from './coverage-table.ts';

test('the required count grows with the number of seeds, and few seeds have none', () => {
  expect([2_000, 20_000, 100_000].map(computeRequiredCount)).toEqual([undefined, 50, 250]);
});
