import { expect, test } from 'vitest';
import {
  findExhaustedLimit,
  findExpiredTimeLimit,
  findNearlyExhaustedLimits,
  LoopDetector,
} from './attempt-limits.ts';

const LIMITS = { maxMinutes: 10, idleMinutes: 2, maxTokens: 1_000, maxUsd: 1, maxTurns: 10 };
const NO_USAGE = { inputTokens: 0, outputTokens: 0, usd: 0, turns: 0 };
const MINUTE = 60_000;

test.each([
  [{ ...NO_USAGE, inputTokens: 900, outputTokens: 99 }, undefined],
  [{ ...NO_USAGE, inputTokens: 900, outputTokens: 100 }, 'the limit of 1000 tokens is used up'],
  [{ ...NO_USAGE, usd: 1 }, 'the limit of 1 USD is used up'],
  [{ ...NO_USAGE, usd: null }, undefined],
  [{ ...NO_USAGE, turns: 10 }, 'the limit of 10 model turns is used up'],
])('usage %j: %s', (usage, reason) => {
  expect(findExhaustedLimit(usage, LIMITS)).toBe(reason);
});

test('80% of a limit is worth a warning', () => {
  expect(findNearlyExhaustedLimits({ ...NO_USAGE, turns: 7 }, LIMITS)).toEqual([]);
  expect(findNearlyExhaustedLimits({ ...NO_USAGE, turns: 8, inputTokens: 800 }, LIMITS)).toEqual([
    { limitName: 'tokens', used: 800, limit: 1_000 },
    { limitName: 'model turns', used: 8, limit: 10 },
  ]);
});

test('an attempt ends after its minutes, whatever it is doing', () => {
  const reading = {
    now: 10 * MINUTE,
    startedAt: 0,
    waitedMs: 0,
    progressAt: 10 * MINUTE,
    agentBusy: false,
  };

  expect(findExpiredTimeLimit(reading, LIMITS)).toBe('the attempt has run for its 10 minutes');
  expect(findExpiredTimeLimit({ ...reading, now: reading.now - 1 }, LIMITS)).toBeUndefined();
  expect(findExpiredTimeLimit({ ...reading, waitedMs: 1 }, LIMITS)).toBeUndefined();
});

test('only an agent at work can be idle', () => {
  const reading = {
    now: 5 * MINUTE,
    startedAt: 0,
    waitedMs: 0,
    progressAt: 3 * MINUTE,
    agentBusy: true,
  };

  expect(findExpiredTimeLimit(reading, LIMITS)).toBe(
    'the agent has given no sign of life for 2 minutes',
  );
  expect(findExpiredTimeLimit({ ...reading, agentBusy: false }, LIMITS)).toBeUndefined();
});

test('eight equal calls in a row are a loop; another one between them is not', () => {
  const loops = new LoopDetector();
  for (let i = 0; i < 7; i += 1) expect(loops.recordCall('read a')).toBeUndefined();
  expect(loops.recordCall('read b')).toBeUndefined();
  for (let i = 0; i < 7; i += 1) expect(loops.recordCall('read a')).toBeUndefined();

  expect(loops.recordCall('read a')).toContain('8 times in a row: read a');
});
