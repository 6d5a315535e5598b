import { expect, test } from 'vitest';
import {
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatMinutes,
  formatRelativeTime,
  formatTokens,
  formatUsd,
  localiseTimes,
} from './format-figures.ts';

test.each([
  [-5, '0s'],
  [499, '0s'],
  [59_499, '59s'],
  [59_500, '1m 00s'],
  [62_000, '1m 02s'],
  [3_599_999, '1h 00m'],
  [7_500_000, '2h 05m'],
  [90_000_000, '1d 1h'],
])('a duration of %i ms is formatted as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test.each([
  [0, 'just now'],
  [-12_000, '12s ago'],
  [-200_000, '3m ago'],
  [7_300_000, 'in 2h'],
  [-3 * 86_400_000, '3d ago'],
])('a moment %i ms from now is formatted as %s', (offset, text) => {
  const now = Date.UTC(2026, 4, 12);

  expect(formatRelativeTime(now + offset, now)).toBe(text);
});

test('a moment long ago is formatted as a date', () => {
  expect(formatRelativeTime(Date.UTC(2025, 0, 2), Date.UTC(2026, 0, 1))).toBe('2025-01-02');
});

test.each([
  [0, '0'],
  [999, '999'],
  [12_345, '12.3k'],
  [40_000, '40k'],
  [999_949, '999.9k'],
  [999_950, '1M'],
  [1_250_000, '1.3M'],
])('%i tokens are formatted as %s', (tokens, text) => {
  expect(formatTokens(tokens)).toBe(text);
});

test('an unknown cost is formatted as unknown, not as zero', () => {
  expect(formatUsd(null)).toBe('unknown');
  expect(formatUsd(0)).toBe('$0.00');
  expect(formatUsd(0.001)).toBe('<$0.01');
  expect(formatUsd(1.239)).toBe('$1.24');
});

test('estimates, bytes and counts have readable units', () => {
  expect([0.2, 10, 99.6, 150].map(formatMinutes)).toEqual(['<1 min', '10 min', '100 min', '2.5 h']);
  expect([512, 1_400, 98_765_432_100].map(formatBytes)).toEqual(['512 B', '1.4 kB', '98.8 GB']);
  expect([formatCount(1, 'task'), formatCount(10_000, 'task')]).toEqual(['1 task', '10,000 tasks']);
});

test('localiseTimes shows UTC times of a text in the local time zone, with another day if needed', () => {
  const now = Date.now();
  const time = new Date(now).toISOString();
  const old = new Date(now - 3 * 86_400_000);

  expect(localiseTimes(`continues at ${time}.`, now)).toBe(`continues at ${formatClock(now)}.`);
  expect(localiseTimes(`since ${old.toISOString()}`, now)).toMatch(
    /^since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/,
  );
  expect(localiseTimes('no time', now)).toBe('no time');
});
