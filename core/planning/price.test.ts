import { expect, test } from 'vitest';
import { computeCost, computeUsage, findPrice } from './price.ts';

const PRICES = { big: { input: 3, output: 15 } };

test('a known price gives a cost, an unknown one gives none', () => {
  const tokens = { inputTokens: 1_000_000, outputTokens: 100_000 };

  expect(computeCost(tokens, findPrice('big', PRICES))).toBeCloseTo(4.5);
  expect(computeCost(tokens, findPrice('other', PRICES))).toBeNull();
  expect(findPrice('constructor', PRICES)).toBeNull();
});

test('what planning used is counted with its model’s price', () => {
  const used = { model: 'big', inputTokens: 1_000, outputTokens: 0, turns: 2 };

  expect(computeUsage(used, PRICES)).toEqual({
    inputTokens: 1_000,
    outputTokens: 0,
    turns: 2,
    usd: 0.003,
  });
  expect(computeUsage({ ...used, model: 'x' }, PRICES).usd).toBeNull();
});
