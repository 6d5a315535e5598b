import { expect, test } from 'vitest';
import { ATTEMPT_API } from '../../../core/contract/api.ts';
import { buildCallbackPath, classifyStatus, computeBackoffMs } from './send-callback.ts';

test('callbacks go where the contract has them', () => {
  const id = 'p0123456789.r1.a.1';

  for (const [name, route] of Object.entries(ATTEMPT_API)) {
    expect(buildCallbackPath(id, name)).toBe(route.path.replace('{attempt}', id));
    expect(route.method).toBe('POST');
  }
});

test.each([
  [200, 'answer'],
  [409, 'superseded'],
  [401, 'refused'],
  [403, 'refused'],
  [429, 'again'],
  [503, 'again'],
  [400, 'wrong'],
  [302, 'wrong'],
])('status %i means %s', (status, reading) => {
  expect(classifyStatus(status)).toBe(reading);
});

test('pauses grow to ten seconds and are spread', () => {
  expect(computeBackoffMs(1, 1)).toBe(200);
  expect(computeBackoffMs(1, 0)).toBe(100);
  expect(computeBackoffMs(4, 1)).toBe(1_600);
  expect(computeBackoffMs(30, 1)).toBe(10_000);
});
