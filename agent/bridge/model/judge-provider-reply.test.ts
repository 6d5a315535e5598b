import { expect, test } from 'vitest';
import { judgeProviderReply, parseRetryAfter } from './judge-provider-reply.ts';

const NOW = 1_000_000;
function createReply(status: number, text = '', retryAt?: number) {
  return { status, text, retryAt };
}

test.each([200, 400, 404, 413, 422])('%i is for the agent', (status) => {
  expect(judgeProviderReply(createReply(status), 1, NOW)).toEqual({ kind: 'answer' });
});

test('passing trouble is tried again three times, then parks', () => {
  expect(judgeProviderReply(createReply(503), 1, NOW)).toEqual({ kind: 'again', waitMs: 250 });
  expect(judgeProviderReply(undefined, 2, NOW)).toEqual({ kind: 'again', waitMs: 750 });
  expect(judgeProviderReply(createReply(503, 'down'), 3, NOW)).toEqual({
    kind: 'refused',
    reason: 'the model endpoint fails (503): down',
    until: NOW + 60_000,
  });
});

test('a long wait that is asked for is kept, not sat out', () => {
  expect(judgeProviderReply(createReply(429, '', NOW + 30_000), 1, NOW)).toMatchObject({
    kind: 'refused',
    until: NOW + 30_000,
  });
  expect(judgeProviderReply(createReply(429, '', NOW + 1_000), 1, NOW)).toEqual({
    kind: 'again',
    waitMs: 1_000,
  });
});

test('nobody is parked for days because an endpoint says so', () => {
  expect(judgeProviderReply(createReply(429, '', NOW + 999_999_000), 1, NOW)).toMatchObject({
    kind: 'refused',
    until: NOW + 900_000,
  });
});

test.each([
  [401, 'bad key'],
  [402, ''],
  [403, ''],
  [400, 'Your credit balance is too low'],
  [429, '{"error":{"code":"insufficient_quota"}}'],
])('%i %s is a matter of the account: no second try', (status, text) => {
  expect(judgeProviderReply(createReply(status, text), 1, NOW)).toMatchObject({
    kind: 'refused',
    until: NOW + 300_000,
  });
});

test('Retry-After is seconds or a date', () => {
  expect(parseRetryAfter('30', NOW)).toBe(NOW + 30_000);
  expect(parseRetryAfter('Thu, 01 Jan 1970 00:20:00 GMT', NOW)).toBe(1_200_000);
  expect(parseRetryAfter('soon', NOW)).toBeUndefined();
  expect(parseRetryAfter(undefined, NOW)).toBeUndefined();
});
