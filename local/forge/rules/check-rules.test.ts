import { expect, test } from 'vitest';
import type { CheckSummary } from './check-rules.ts';
import { combineStatuses, listSuccessfulChecks, selectLatestByName } from './check-rules.ts';

function run(name: string, conclusion: string | null): CheckSummary {
  return { kind: 'check', name, status: conclusion === null ? 'queued' : 'completed', conclusion };
}

function status(name: string, state: string): CheckSummary {
  return { kind: 'status', name, status: state, conclusion: null };
}

test('selectLatestByName returns the last check of each name', () => {
  const checks = [run('build', 'failure'), run('lint', 'success'), run('build', 'success')];
  expect(selectLatestByName(checks)).toEqual([run('build', 'success'), run('lint', 'success')]);
});

test('listSuccessfulChecks counts success, neutral and skipped, and only the last check of a name', () => {
  const checks = [
    run('a', 'success'),
    run('b', 'neutral'),
    run('c', 'skipped'),
    run('d', 'failure'),
    run('e', null),
    status('f', 'success'),
    status('g', 'pending'),
    run('h', 'success'),
    status('h', 'error'),
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
  expect(combineStatuses(states.map((state) => status(state, state)))).toBe(combined);
});
