import { expect, test } from 'vitest';
import type { PlanView } from '../core/contract/plan.ts';
import type { TaskStatus } from '../core/contract/task.ts';
import { planFixture, taskFixture } from '../test/support/plan-fixture.ts';
import { EXIT } from './cli-error.ts';
import { exitCodeOf, hasStopped, lasting, needsPerson } from './plan-end.ts';

const WAITING = { for: 'somebody', command: 'smol-gang task retry p3k9m2x7abc t0' };

function state(plan: Partial<PlanView>, ...statuses: TaskStatus[]) {
  const tasks = statuses.map((status, index) =>
    taskFixture({
      id: `t${index}`,
      status,
      ...(['blocked', 'in_review', 'awaiting_input'].includes(status) ? { waiting: WAITING } : {}),
    }),
  );
  return { plan: planFixture(plan), tasks };
}

test.each([
  [state({ status: 'complete' }), EXIT.done],
  [state({ status: 'failed' }), EXIT.failed],
  [state({ status: 'cancelled' }), EXIT.failed],
  [state({ halted: true }, 'blocked'), EXIT.failed],
  [state({ status: 'pending_approval' }), EXIT.waiting],
  [state({}, 'working', 'in_review'), EXIT.done],
  [state({}, 'merged', 'in_review'), EXIT.waiting],
  [state({}, 'blocked', 'awaiting_input'), EXIT.waiting],
  [state({}, 'blocked', 'pending'), EXIT.failed],
] as const)('the exit code tells the state %#', (given, code) => {
  expect(exitCodeOf(given)).toBe(code);
});

test('a person is needed only when nothing goes on by itself', () => {
  expect(needsPerson(state({}, 'blocked', 'merging'))).toBe(false);
  expect(needsPerson(state({}, 'blocked', 'pending'))).toBe(true);
  expect(needsPerson(state({}, 'merged', 'pending'))).toBe(false);
  expect(needsPerson(state({ status: 'planning', waiting: [WAITING] }))).toBe(false);
});

test('a plan has stopped at its gate, when it is halted and at its end', () => {
  expect(hasStopped(state({ status: 'pending_approval' }))).toBe(true);
  expect(hasStopped(state({ halted: true }))).toBe(true);
  expect(hasStopped(state({ status: 'rejected' }))).toBe(true);
  expect(hasStopped(state({}, 'working'))).toBe(false);
});

test('what must last is believed only after it has lasted', () => {
  let now = 0;
  const stuck = lasting(needsPerson, 5_000, () => now);
  const blocked = state({}, 'blocked');

  expect(stuck(blocked)).toBe(false);
  now = 4_999;
  expect(stuck(blocked)).toBe(false);
  expect(stuck(state({}, 'working'))).toBe(false);
  now = 9_000;
  expect(stuck(blocked)).toBe(false);
  now = 14_000;
  expect(stuck(blocked)).toBe(true);
});
