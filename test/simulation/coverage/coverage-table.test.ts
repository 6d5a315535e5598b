import { expect, test } from 'vitest';
import { timesDemanded } from './coverage-table.ts';

test('demands more of more seeds, and nothing of few', () => {
  expect([2_000, 20_000, 100_000].map(timesDemanded)).toEqual([undefined, 50, 250]);
});
