import { expect, test } from 'vitest';
import type { CheckSummary } from './check-rules.ts';
import { combineStatuses, listSuccessfulChecks, selectLatestByName } from './check-rules.ts';

function createRun(name: string, conclusion: string | null): CheckSummary {
  return { kind: 'check', name, status: conclusion === null ? 'queued' : 'completed', conclusion };
}

function createStatus(name: string, state: string): CheckSummary {
  return { kind: 'status', name, status: state, conclusion: null };
}

test('selectLatestByName returns the newest check of each name', () => {
  const checks = [
    createRun('build', 'failure'),
    createRun('lint', 'success'),
    createRun('build', 'success'),
  ];
  expect(selectLatestByName(checks)).toEqual([
    createRun('build', 'success'),
    createRun('lint', 'success'),
  ]);
});

test('listSuccessfulChecks counts success, neutral and skipped, and only the newest check of each name', () => {
  const checks = [
    createRun('a', 'success'),
    createRun('b', 'neutral'),
    createRun('c', 'skipped'),
    createRun('d', 'failure'),
    createRun('e', null),
    createStatus('f', 'success'),
    createStatus('g', 'pending'),
    createRun('h', 'success'),
    createStatus('h', 'error'),
  ];
  expect([...listSuccessfulChecks(checks)]).toEqual(['a', 'b', 'c', 'f']);
});

test.each([
  [[], 'pending'],
  [['success'], 'success'],
  [['success', 'pending'], 'pending'],
  [['pending', 'failure'], 'failure'],
  [['success', 'error'], 'failure'],
])('combineStatuses of %j is %s', (states, combined) => {
  expect(combineStatuses(states.map((state) => createStatus(state, state)))).toBe(combined);
});
