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

test('hasPlanEnded and isPlanRunning select the expected statuses', () => {
  const select = (predicate: (status: PlanStatus) => boolean) => PLAN_STATUSES.filter(predicate);

  expect(select(hasPlanEnded)).toEqual(['complete', 'rejected', 'cancelled', 'failed', 'closed']);
  expect(select(isPlanRunning)).toEqual(['activating', 'active']);
});

test('each predicate over a task status selects the expected statuses', () => {
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

test('an active plan needs a person when it has a waiting item and no task moves', () => {
  const active = { status: 'active', halted: false } as const;

  expect(planNeedsPerson(active, [{ status: 'blocked' }], WAITING)).toBe(true);
  expect(planNeedsPerson(active, [{ status: 'blocked' }, { status: 'merging' }], WAITING)).toBe(
    false,
  );
  expect(planNeedsPerson(active, [{ status: 'pending' }], [])).toBe(false);
});

test('a plan that waits only for the model needs no person', () => {
  const active = { status: 'active', halted: false } as const;

  expect(planNeedsPerson(active, [{ status: 'pending' }], [{ kind: 'model' }])).toBe(false);
});

test('a plan without budget needs a person although tasks are ready, unless an attempt or a merge goes on', () => {
  const active = { status: 'active', halted: false } as const;
  const budget = [{ kind: 'budget' }];

  expect(planNeedsPerson(active, [{ status: 'ready' }], budget)).toBe(true);
  expect(planNeedsPerson(active, [{ status: 'changes_requested' }], budget)).toBe(true);
  expect(planNeedsPerson(active, [{ status: 'ready' }], [])).toBe(false);
  for (const status of ['claimed', 'working', 'pr_open', 'merging'] as const)
    expect(planNeedsPerson(active, [{ status: 'ready' }, { status }], budget)).toBe(false);
});

test('planning needs a person only after the budget is used up', () => {
  const planning = { status: 'planning', halted: false } as const;

  expect(planNeedsPerson(planning, [], [{ kind: 'budget' }])).toBe(true);
  expect(planNeedsPerson(planning, [], [{ kind: 'model' }])).toBe(false);
});

test('a plan with a red base needs a person although its tasks are ready, and an unfinished check needs none', () => {
  const active = { status: 'active', halted: false } as const;

  expect(planNeedsPerson(active, [{ status: 'ready' }], [{ kind: 'base_red' }])).toBe(true);
  expect(planNeedsPerson(active, [{ status: 'pending' }], [{ kind: 'base_checking' }])).toBe(false);
});
