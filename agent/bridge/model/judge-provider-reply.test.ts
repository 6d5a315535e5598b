import { expect, test } from 'vitest';
import { judgeProviderReply } from './judge-provider-reply.ts';

const NOW = 1_000_000;
function createReply(status: number, errorText = '', retryAfterMs?: number) {
  return { status, errorText, retryAfterMs };
}

test.each([200, 400, 404, 413, 422])('a reply with status %i is passed to the agent', (status) => {
  expect(judgeProviderReply(createReply(status), 1, NOW)).toEqual({ kind: 'pass' });
});

test('after temporary failures a request is tried up to three times, and then the task is parked', () => {
  expect(judgeProviderReply(createReply(503), 1, NOW)).toEqual({ kind: 'retry', waitMs: 250 });
  expect(judgeProviderReply(undefined, 2, NOW)).toEqual({ kind: 'retry', waitMs: 750 });
  expect(judgeProviderReply(createReply(503, 'down'), 3, NOW)).toEqual({
    kind: 'park',
    reason: 'the model endpoint fails (503): down',
    until: NOW + 60_000,
  });
});

test('a long Retry-After parks the task for this time, and a short Retry-After delays the retry', () => {
  expect(judgeProviderReply(createReply(429, '', 30_000), 1, NOW)).toMatchObject({
    kind: 'park',
    until: NOW + 30_000,
  });
  expect(judgeProviderReply(createReply(429, '', 1_000), 1, NOW)).toEqual({
    kind: 'retry',
    waitMs: 1_000,
  });
});

test('a task is parked for at most 15 minutes', () => {
  expect(judgeProviderReply(createReply(429, '', 999_999_000), 1, NOW)).toMatchObject({
    kind: 'park',
    until: NOW + 900_000,
  });
});

test.each([
  [401, 'bad key'],
  [402, ''],
  [403, ''],
  [400, 'Your credit balance is too low'],
  [429, '{"error":{"code":"insufficient_quota"}}'],
])(
  'status %i with the body "%s" parks the task for five minutes without a retry',
  (status, errorText) => {
    expect(judgeProviderReply(createReply(status, errorText), 1, NOW)).toMatchObject({
      kind: 'park',
      until: NOW + 300_000,
    });
  },
);
