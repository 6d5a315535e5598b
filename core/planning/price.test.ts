import { expect, test } from 'vitest';
import { computeCost, computeUsage, findPrice } from './price.ts';

const PRICES = { big: { input: 3, output: 15 } };

test('computeCost returns a cost for a known price and null for an unknown price', () => {
  const tokens = { inputTokens: 1_000_000, outputTokens: 100_000 };

  expect(computeCost(tokens, findPrice('big', PRICES))).toBeCloseTo(4.5);
  expect(computeCost(tokens, findPrice('other', PRICES))).toBeNull();
  expect(findPrice('constructor', PRICES)).toBeNull();
});

test('computeUsage computes the cost from the price of the model', () => {
  const stepUsage = { model: 'big', inputTokens: 1_000, outputTokens: 0, turns: 2 };

  expect(computeUsage(stepUsage, PRICES)).toEqual({
    inputTokens: 1_000,
    outputTokens: 0,
    turns: 2,
    usd: 0.003,
  });
  expect(computeUsage({ ...stepUsage, model: 'x' }, PRICES).usd).toBeNull();
});
