import { expect, test } from 'vitest';
import type { PlanView } from '../../core/contract/plan.ts';
import type { TaskStatus } from '../../core/contract/task-status.ts';
import type { Waiting } from '../../core/contract/waiting.ts';
import {
  createPlanFixture,
  createTaskFixture,
  PLAN_ID,
} from '../../test/support/cli/plan-fixture.ts';
import { EXIT } from '../cli-error.ts';
import { createLastingCheck, getExitCode, isAtStandstill, needsPerson } from './plan-outcome.ts';

const WAITING: Waiting = {
  kind: 'unblock',
  plan: PLAN_ID,
  task: 't0',
  actions: ['retry'],
};

function createSnapshot(plan: Partial<PlanView>, ...statuses: TaskStatus[]) {
  const tasks = statuses.map((status, index) =>
    createTaskFixture({
      id: `t${index}`,
      status,
      ...(['blocked', 'in_review', 'awaiting_input'].includes(status) ? { waiting: WAITING } : {}),
    }),
  );
  return { plan: createPlanFixture(plan), tasks };
}

test.each([
  ['a complete plan', createSnapshot({ status: 'complete' }), EXIT.done],
  ['a failed plan', createSnapshot({ status: 'failed' }), EXIT.failed],
  ['a cancelled plan', createSnapshot({ status: 'cancelled' }), EXIT.failed],
  ['a halted plan', createSnapshot({ halted: true }, 'blocked'), EXIT.failed],
  ['a plan before its approval', createSnapshot({ status: 'pending_approval' }), EXIT.waiting],
  ['a review beside work in progress', createSnapshot({}, 'working', 'in_review'), EXIT.done],
  ['a review and no other work', createSnapshot({}, 'merged', 'in_review'), EXIT.waiting],
  ['a question and a blocked task', createSnapshot({}, 'blocked', 'awaiting_input'), EXIT.waiting],
  [
    'a conversation whose agent waits for a message',
    createSnapshot(
      {
        waiting: [{ kind: 'conversation', plan: PLAN_ID, task: 't0', actions: ['message'] }],
      },
      'working',
    ),
    EXIT.waiting,
  ],
  ['only blocked work', createSnapshot({}, 'blocked', 'pending'), EXIT.failed],
] as const)('getExitCode returns the exit code for %s', (_name, snapshot, code) => {
  expect(getExitCode(snapshot)).toBe(code);
});

test('a plan needs a person only if no task can continue by itself', () => {
  expect(needsPerson(createSnapshot({}, 'blocked', 'merging'))).toBe(false);
  expect(needsPerson(createSnapshot({}, 'blocked', 'pending'))).toBe(true);
  expect(needsPerson(createSnapshot({}, 'merged', 'pending'))).toBe(false);
  expect(needsPerson(createSnapshot({ status: 'planning', waiting: [WAITING] }))).toBe(false);
});

test('a plan is at a standstill when it awaits approval, has halted or has ended', () => {
  expect(isAtStandstill(createSnapshot({ status: 'pending_approval' }))).toBe(true);
  expect(isAtStandstill(createSnapshot({ halted: true }))).toBe(true);
  expect(isAtStandstill(createSnapshot({ status: 'rejected' }))).toBe(true);
  expect(isAtStandstill(createSnapshot({}, 'working'))).toBe(false);
});

test('a lasting check is true only after an unbroken period', () => {
  let now = 0;
  const stillNeedsPerson = createLastingCheck(needsPerson, 5_000, () => now);
  const blocked = createSnapshot({}, 'blocked');

  expect(stillNeedsPerson(blocked)).toBe(false);
  now = 4_999;
  expect(stillNeedsPerson(blocked)).toBe(false);
  expect(stillNeedsPerson(createSnapshot({}, 'working'))).toBe(false);
  now = 9_000;
  expect(stillNeedsPerson(blocked)).toBe(false);
  now = 14_000;
  expect(stillNeedsPerson(blocked)).toBe(true);
});
