import { expect, test } from 'vitest';
import {
  findExhaustedBudget,
  findExhaustedLimit,
  findExpiredTimeLimit,
  findNearlyExhaustedLimits,
  LoopDetector,
} from './attempt-limits.ts';

const LIMITS = { maxMinutes: 10, idleMinutes: 2, maxTokens: 1_000, maxUsd: 1, maxTurns: 10 };
const NO_USAGE = { inputTokens: 0, outputTokens: 0, usd: 0, turns: 0 };
const MINUTE_MS = 60_000;

test.each([
  [{ ...NO_USAGE, inputTokens: 900, outputTokens: 100 }, 'the limit of 1000 tokens is used up'],
  [{ ...NO_USAGE, usd: 1 }, 'the limit of 1 USD is used up'],
  [{ ...NO_USAGE, turns: 10 }, 'the limit of 10 model turns is used up'],
])('the usage %j exhausts a limit with the message "%s"', (usage, message) => {
  expect(findExhaustedLimit(usage, LIMITS)).toBe(message);
});

test.each([
  { ...NO_USAGE, inputTokens: 900, outputTokens: 99 },
  { ...NO_USAGE, usd: null },
])('the usage %j exhausts no limit', (usage) => {
  expect(findExhaustedLimit(usage, LIMITS)).toBeUndefined();
});

test.each([
  [{ tokens: 1_000, usd: null }, 'the budget of the plan is used up'],
  [{ tokens: null, usd: 0.5 }, 'the budget of the plan is used up'],
  [{ tokens: 1_001, usd: 0.51 }, undefined],
  [{ tokens: null, usd: null }, undefined],
  [undefined, undefined],
])(
  'for the budget %j, an attempt with 1000 tokens and 0.5 USD gets the message %j',
  (budget, message) => {
    const usage = { inputTokens: 900, outputTokens: 100, usd: 0.5, turns: 1 };

    expect(findExhaustedBudget(usage, budget)).toBe(message);
  },
);

test('a limit is nearly exhausted if at least 80% is used', () => {
  expect(findNearlyExhaustedLimits({ ...NO_USAGE, turns: 7 }, LIMITS)).toEqual([]);
  expect(findNearlyExhaustedLimits({ ...NO_USAGE, turns: 8, inputTokens: 800 }, LIMITS)).toEqual([
    { unit: 'tokens', used: 800, limit: 1_000 },
    { unit: 'model turns', used: 8, limit: 10 },
  ]);
});

test('an attempt ends at its time limit, even while the agent is not working', () => {
  const times = {
    now: 10 * MINUTE_MS,
    startedAt: 0,
    waitedMs: 0,
    progressAt: 10 * MINUTE_MS,
    isAgentBusy: false,
  };

  expect(findExpiredTimeLimit(times, LIMITS)).toBe(
    'the attempt has reached its time limit of 10 minutes',
  );
  expect(findExpiredTimeLimit({ ...times, now: times.now - 1 }, LIMITS)).toBeUndefined();
  expect(findExpiredTimeLimit({ ...times, waitedMs: 1 }, LIMITS)).toBeUndefined();
});

test('the limit on time without progress applies only while the agent works', () => {
  const times = {
    now: 5 * MINUTE_MS,
    startedAt: 0,
    waitedMs: 0,
    progressAt: 3 * MINUTE_MS,
    isAgentBusy: true,
  };

  expect(findExpiredTimeLimit(times, LIMITS)).toBe('the agent has made no progress for 2 minutes');
  expect(findExpiredTimeLimit({ ...times, isAgentBusy: false }, LIMITS)).toBeUndefined();
});

test('eight equal tool calls are a loop only if no other call is between them', () => {
  const detector = new LoopDetector();
  for (let call = 0; call < 7; call += 1) expect(detector.recordCall('read a')).toBeUndefined();
  expect(detector.recordCall('read b')).toBeUndefined();
  for (let call = 0; call < 7; call += 1) expect(detector.recordCall('read a')).toBeUndefined();

  expect(detector.recordCall('read a')).toContain('8 times in a row: read a');
});
