import { expect, test } from 'vitest';
import { parseRetryAfterMs } from './retry-after.ts';

const NOW = Date.UTC(2026, 0, 1, 12, 0, 0);

test.each([
  ['3', 3_000],
  [' 1.5 ', 1_500],
  ['0', 0],
  ['999999', 3_600_000],
  ['Thu, 01 Jan 2026 12:00:10 GMT', 10_000],
  ['Thu, 01 Jan 2026 11:00:00 GMT', 0],
  ['Fri, 02 Jan 2026 12:00:00 GMT', 3_600_000],
])('reads Retry-After %j as %d ms', (header, expected) => {
  expect(parseRetryAfterMs(header, NOW)).toBe(expected);
});

test.each([undefined, null, '', '-5', 'soon', 'Infinity', '1e9'])(
  'ignores the malformed Retry-After %j',
  (header) => {
    expect(parseRetryAfterMs(header, NOW)).toBeUndefined();
  },
);
