import { expect, test } from 'vitest';
import { classifyStatus, computeRetryWaitMs } from './send-callback.ts';

test.each([
  [200, 'success'],
  [409, 'superseded'],
  [401, 'refused'],
  [403, 'refused'],
  [429, 'retry'],
  [503, 'retry'],
  [400, 'error'],
  [302, 'error'],
])('status %i is classified as %s', (status, statusClass) => {
  expect(classifyStatus(status)).toBe(statusClass);
});

test('the wait before a retry doubles up to ten seconds, and chance can shorten each wait by up to half', () => {
  expect(computeRetryWaitMs(1, 1)).toBe(200);
  expect(computeRetryWaitMs(1, 0)).toBe(100);
  expect(computeRetryWaitMs(4, 1)).toBe(1_600);
  expect(computeRetryWaitMs(30, 1)).toBe(10_000);
});
