import { expect, test } from 'vitest';
import { computeElapsedMs, computeLeaseMarginMs } from './heartbeat.ts';

test('the bridge gives up a lease early, by a fifth of its duration but by at most ten seconds', () => {
  expect(computeLeaseMarginMs(5_000)).toBe(1_000);
  expect(computeLeaseMarginMs(600_000)).toBe(10_000);
});

test('the time in which the machine sleeps counts as elapsed time', () => {
  const since = { wall: 1_000, monotonic: 50 };

  expect(computeElapsedMs(since, { wall: 3_601_000, monotonic: 60 })).toBe(3_600_000);
});

test('setting the clock back does not extend the lease', () => {
  const since = { wall: 1_000_000, monotonic: 50 };

  expect(computeElapsedMs(since, { wall: 0, monotonic: 30_050 })).toBe(30_000);
});
