import { describe, expect, test } from 'vitest';
import {
  createPlanContext,
  createPlanEvent,
  createSamplePlan,
  SAMPLE_PULL,
} from '../../test/support/engine/plan-sample.ts';
import { PLAN_STATUSES } from '../contract/plan-status.ts';
import { decidePlan } from './decide-plan.ts';
import { announceNewPlan, announcePlanTransition } from './plan-announcements.ts';
import type { PlanEvent } from './plan-event.ts';
import { PLAN_EVENT_TYPES } from './plan-event.ts';
import type { PlanState, RootPull } from './plan-state.ts';

const CONTEXT = createPlanContext();

function announce(before: PlanState, event: PlanEvent) {
  const decision = decidePlan(before, event, CONTEXT);
  if (decision.kind === 'noop')
    throw new Error(`event ${event.type} changed nothing in status ${before.status}`);
  return announcePlanTransition(before, decision.state, event, CONTEXT);
}

function listKinds(before: PlanState, event: PlanEvent): string[] {
  return announce(before, event).notices.map(({ kind }) => kind);
}

test('every change of a status is announced to the clients', () => {
  for (const status of PLAN_STATUSES)
    for (const type of PLAN_EVENT_TYPES) {
      const before = createSamplePlan(status);
      const event = createPlanEvent(type);
      const decision = decidePlan(before, event, CONTEXT);
      if (decision.kind === 'noop' || decision.state.status === status) continue;

      expect(announce(before, event).clientUpdate, `${status} and ${type}`).toBe(true);
    }
});

test.each([
  'edited',
  'root_pull_opened',
  'halted',
  'halt_cleared',
  'planning_parked',
  'step_faulted',
  'budget_changed',
  'pulls_changed',
] as const)('event %s is announced to the clients, although the status stays', (type) => {
  const before = { ...createSampleFor(type), haltedSince: 500 };

  expect(announce(before, createPlanEvent(type)).clientUpdate).toBe(true);
});

function createSampleFor(type: PlanEvent['type']): PlanState {
  const status = PLAN_STATUSES.find((candidate) => {
    const plan = { ...createSamplePlan(candidate), haltedSince: 500 };
    return decidePlan(plan, createPlanEvent(type), CONTEXT).kind === 'changed';
  });
  if (status === undefined) throw new Error(`no status accepts ${type}`);
  return createSamplePlan(status);
}

describe('notices', () => {
  test.each<[Partial<RootPull>, string]>([
    [
      { problem: { kind: 'base_missing', base: 'main' } },
      'choose another base branch for the plan',
    ],
    [{ problem: { kind: 'conflict', files: ['a.ts'] } }, 'conflicts with its base branch in a.ts'],
    [{ state: 'closed' }, 'was closed without a merge'],
  ])('the change %j of a pull request is a notice, but only once', (change, text) => {
    const before = createSamplePlan('complete');
    const pulls = before.pulls.map((pull) => ({ ...pull, ...change }));
    const event = createPlanEvent('pulls_changed', { pulls });

    const [notice, ...others] = announce(before, event).notices;
    expect(notice).toMatchObject({ kind: 'delivery', text: expect.stringContaining(text) });
    expect(others).toEqual([]);
    expect(listKinds({ ...before, pulls }, event)).toEqual([]);
  });

  test('a merged pull request is no notice', () => {
    expect(listKinds(createSamplePlan('complete'), createPlanEvent('delivered'))).toEqual([]);
  });

  test('an approval is requested after planning and after the exploration for a kept graph', () => {
    const planned = announce(createSamplePlan('planning'), createPlanEvent('decomposed'));

    expect(planned.notices).toMatchObject([
      {
        id: 'p0123456789.9.approval_requested',
        at: CONTEXT.now,
        version: 9,
        details: { revision: 1 },
      },
    ]);
    const restarted = createSamplePlan('planning', {
      planning: { stage: 'explore', consecutiveFailures: 0 },
      revision: 1,
    });
    expect(listKinds(restarted, createPlanEvent('explored'))).toEqual(['approval_requested']);
  });

  test('a failure is announced with its reason', () => {
    const { notices } = announce(createSamplePlan('planning'), createPlanEvent('planning_failed'));

    expect(notices).toMatchObject([
      { kind: 'failed', text: 'The plan failed: the answer has no graph' },
    ]);
  });

  test('a completion lists the open pull requests', () => {
    const merged = { ...SAMPLE_PULL, repo: 'acme/docs', state: 'merged' as const };
    const event = createPlanEvent('completed', { pulls: [SAMPLE_PULL, merged] });

    expect(announce(createSamplePlan('active'), event).notices).toMatchObject([
      {
        kind: 'complete',
        text: 'The plan is complete. Review and merge https://forge.test/7',
        details: { pulls: [{ repo: 'acme/shop', number: 7, url: 'https://forge.test/7' }] },
      },
    ]);
  });

  test('a halt is announced when it is confirmed, not when it is suspected', () => {
    const suspected = createSamplePlan('active', { haltedSince: 500 });

    expect(listKinds(createSamplePlan('active'), createPlanEvent('halt_suspected'))).toEqual([]);
    expect(listKinds(suspected, createPlanEvent('halted'))).toEqual(['halted']);
  });

  test('a budget warning states the used share, and a used-up budget states that no new attempt starts', () => {
    const low = announce(createSamplePlan('active'), createPlanEvent('budget_low')).notices;
    const used = announce(createSamplePlan('active'), createPlanEvent('budget_used')).notices;

    expect(low).toMatchObject([
      {
        kind: 'budget',
        text: "85 % of the plan's budget is used.",
        details: { budgetShare: 0.85 },
      },
    ]);
    expect(used[0]?.text).toContain('no new attempt starts');
  });

  test.each(['approved', 'rejected', 'edited'] as const)('event %s causes no notice', (type) => {
    expect(listKinds(createSamplePlan('pending_approval'), createPlanEvent(type))).toEqual([]);
  });
});

describe('wake-ups', () => {
  const listWakeUpTypes = (before: PlanState, event: PlanEvent) =>
    announce(before, event).wakeUps.map(({ message }) => message.type);

  test('a new plan and a plan that returns to planning wake the planner', () => {
    const failed = createSamplePlan('failed', { revision: 0, approvedRevision: undefined });

    expect(announceNewPlan(createSamplePlan('planning')).wakeUps).toMatchObject([
      { message: { type: 'plan' } },
    ]);
    expect(listWakeUpTypes(failed, createPlanEvent('restarted'))).toEqual(['plan']);
    expect(listWakeUpTypes(createSamplePlan('cancelled'), createPlanEvent('restarted'))).toEqual([
      'reconcile_plan',
    ]);
  });

  test('paused planning sends the planner a delayed message, unless the pause is longer than the maximum delay of the queue', () => {
    const longPause = createPlanEvent('planning_parked', { until: CONTEXT.now + 1_000_000 });

    expect(
      announce(createSamplePlan('planning'), createPlanEvent('planning_parked')).wakeUps,
    ).toEqual([{ message: { type: 'plan', v: 1, plan: 'p0123456789' }, delaySeconds: 60 }]);
    expect(listWakeUpTypes(createSamplePlan('planning'), longPause)).toEqual([]);
  });

  test('requested changes reopen a complete plan and wake the scheduler for the task of the event', () => {
    const { wakeUps } = announce(createSamplePlan('complete'), createPlanEvent('sent_back'));

    expect(wakeUps.map(({ message }) => message)).toMatchObject([
      { type: 'reconcile_plan' },
      { type: 'schedule', tasks: [{ run: 2, task: 'main' }] },
    ]);
  });
});
