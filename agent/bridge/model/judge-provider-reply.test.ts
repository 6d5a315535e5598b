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
  [403, '{"error":{"type":"permission_error"}}'],
  [403, '{"error":{"code":"billing_not_active"}}'],
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

test.each([
  [400, 'Your credit balance is too low'],
  [400, '{"error":{"code":"insufficient_quota","message":"src/billing.ts"}}'],
  [422, '{"detail":[{"msg":"invalid","input":"billing, quota, 429"}]}'],
  [403, ''],
  [403, 'Your request was flagged'],
  [403, '{"error":{"code":403,"message":"billing","metadata":{"flagged_input":"quota"}}}'],
  [403, '{"error":{"code":"content_policy_violation"}}'],
])(
  'a reply with status %i and the body "%s" reports a fault of the request and is passed to the agent',
  (status, errorText) => {
    expect(judgeProviderReply(createReply(status, errorText), 1, NOW)).toEqual({ kind: 'pass' });
  },
);

test('a text about a quota does not turn a rate limit into an exhausted quota', () => {
  const reply = createReply(429, '{"error":{"message":"insufficient_quota in src/billing.ts"}}');

  expect(judgeProviderReply(reply, 1, NOW)).toEqual({ kind: 'retry', waitMs: 250 });
});
