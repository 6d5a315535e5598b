import { expect, test } from 'vitest';
import { computeElapsedMs, computeLeaseMarginMs } from './heartbeat.ts';

test('the lease is given up a fifth before its end, at most ten seconds', () => {
  expect(computeLeaseMarginMs(5_000)).toBe(1_000);
  expect(computeLeaseMarginMs(600_000)).toBe(10_000);
});

test('a machine that slept has lost the time it slept', () => {
  const since = { wall: 1_000, monotonic: 50 };

  expect(computeElapsedMs(since, { wall: 3_601_000, monotonic: 60 })).toBe(3_600_000);
});

test('a clock that was set back does not lengthen a lease', () => {
  const since = { wall: 1_000_000, monotonic: 50 };

  expect(computeElapsedMs(since, { wall: 0, monotonic: 30_050 })).toBe(30_000);
});
