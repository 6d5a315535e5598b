import { expect, test } from 'vitest';
import type { PlanStatus } from './plan-status.ts';
import {
  hasPlanEnded,
  hasPlanStopped,
  isPlanRunning,
  PLAN_STATUSES,
  planNeedsPerson,
} from './plan-status.ts';
import type { TaskStatus } from './task-status.ts';
import {
  hasTaskStopped,
  isTaskLive,
  isTaskMoving,
  isTaskSettled,
  TASK_STATUSES,
} from './task-status.ts';

const WAITING = [{ kind: 'unblock' }];

test('the predicates over the status of a plan select these statuses', () => {
  const select = (predicate: (status: PlanStatus) => boolean) => PLAN_STATUSES.filter(predicate);

  expect(select(hasPlanEnded)).toEqual(['complete', 'rejected', 'cancelled', 'failed']);
  expect(select(isPlanRunning)).toEqual(['activating', 'active']);
});

test('the predicates over the status of a task select these statuses', () => {
  const select = (predicate: (status: TaskStatus) => boolean) => TASK_STATUSES.filter(predicate);

  expect(select(hasTaskStopped)).toEqual(['merged', 'blocked', 'failed', 'cancelled']);
  expect(select(isTaskLive)).toEqual([
    'ready',
    'claimed',
    'working',
    'awaiting_input',
    'pr_open',
    'in_review',
    'changes_requested',
    'merging',
  ]);
  expect(select(isTaskMoving)).toEqual([
    'ready',
    'claimed',
    'working',
    'pr_open',
    'changes_requested',
    'merging',
  ]);
  expect(select(isTaskSettled)).toEqual(['in_review', 'merged', 'failed', 'cancelled']);
});

test('a plan has stopped when it has ended, has halted or awaits approval', () => {
  expect(hasPlanStopped({ status: 'active', halted: false })).toBe(false);
  expect(hasPlanStopped({ status: 'active', halted: true })).toBe(true);
  expect(hasPlanStopped({ status: 'pending_approval', halted: false })).toBe(true);
  expect(hasPlanStopped({ status: 'failed', halted: false })).toBe(true);
});

test('an active plan needs a person when something waits and no task moves', () => {
  const active = { status: 'active', halted: false } as const;

  expect(planNeedsPerson(active, [{ status: 'blocked' }], WAITING)).toBe(true);
  expect(planNeedsPerson(active, [{ status: 'blocked' }, { status: 'merging' }], WAITING)).toBe(
    false,
  );
  expect(planNeedsPerson(active, [{ status: 'pending' }], [])).toBe(false);
});

test('a pause of the model alone needs no person', () => {
  const active = { status: 'active', halted: false } as const;

  expect(planNeedsPerson(active, [{ status: 'pending' }], [{ kind: 'model' }])).toBe(false);
});
