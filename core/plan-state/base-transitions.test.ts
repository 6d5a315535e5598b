import { expect, test } from 'vitest';
import {
  applyPlanEvent,
  createPlanContext,
  createSamplePlan,
  isPlanNoop,
  SAMPLE_BASE_RESULT,
} from '../../test/support/engine/plan-sample.ts';
import { createBaseCheckState, listUncheckedRepositories } from './base-state.ts';
import { decidePlan } from './decide-plan.ts';
import { announcePlanTransition } from './plan-announcements.ts';
import type { PlanEvent } from './plan-event.ts';
import type { BaseState, PlanState } from './plan-state.ts';
import { isReleasable } from './plan-state.ts';

const RED = SAMPLE_BASE_RESULT;
const CHECKING: BaseState = { ...RED, status: 'checking', reason: undefined };
const GREEN: BaseState = { ...RED, status: 'green', reason: undefined };

function checked(change: Partial<BaseState> = {}): PlanEvent {
  return { type: 'base_checked', result: { ...RED, ...change } };
}

function createWaitingPlan(change: Partial<PlanState> = {}): PlanState {
  return createSamplePlan('active', { base: [CHECKING], ...change });
}

function createCheck(): PlanState {
  const [repository] = createSamplePlan('active').repositories;
  if (repository === undefined) throw new Error('the sample has no repository');
  return createBaseCheckState(RED.check, repository, 0);
}

test.each([
  ['an unfinished check', CHECKING, false],
  ['a red base', RED, false],
  ['a green base', GREEN, true],
  ['a base whose check could not run', { ...RED, status: 'unknown' as const }, true],
  ['an accepted red base', { ...RED, accepted: true as const }, true],
  ['the check of an earlier base commit', { ...GREEN, commit: 'b'.repeat(40) }, false],
])('a plan with %s is released: %s', (_name, entry, expected) => {
  expect(isReleasable(createWaitingPlan({ base: [entry] }))).toBe(expected);
});

test('a plan that allows a red base, and a plan without verify commands, are released', () => {
  const { options } = createSamplePlan('active');

  expect(isReleasable(createWaitingPlan({ options: { ...options, allowRedBase: true } }))).toBe(
    true,
  );
  expect(isReleasable(createWaitingPlan({ base: [] }))).toBe(true);
  expect(isReleasable(createWaitingPlan({ base: undefined }))).toBe(true);
});

test('a replaced base commit needs a check', () => {
  const moved = createWaitingPlan({ base: [{ ...GREEN, commit: 'b'.repeat(40) }] });

  expect(listUncheckedRepositories(moved).map(({ name }) => name)).toEqual([RED.repo]);
  expect(listUncheckedRepositories(createWaitingPlan())).toEqual([]);
  expect(applyPlanEvent(moved, checked()).base).toEqual([RED]);
});

test.each([
  ['of another base commit', checked({ commit: 'b'.repeat(40) })],
  ['of another check', checked({ check: 'pother00000' })],
  ['of an earlier run of the check', checked({ run: 0 })],
  ['that is known already', { type: 'base_checked', result: CHECKING } as PlanEvent],
])('a result %s changes nothing', (_name, event) => {
  expect(isPlanNoop(createWaitingPlan(), event)).toBe(true);
});

test('a late result of a repeated check does not replace its newer result', () => {
  const green = createWaitingPlan({ base: [{ ...GREEN, run: 2 }] });

  expect(isPlanNoop(green, checked({ run: 1 }))).toBe(true);
  expect(applyPlanEvent(createWaitingPlan(), checked({ run: 2 })).base).toMatchObject([{ run: 2 }]);
});

test('the decision to continue applies to the commit, also after another red result', () => {
  const accepted = applyPlanEvent(createWaitingPlan(), { type: 'base_accepted' });
  const red = applyPlanEvent(accepted, checked());

  expect(red.base).toMatchObject([{ status: 'red', accepted: true }]);
  expect(isReleasable(red)).toBe(true);
  expect(isPlanNoop(accepted, { type: 'base_accepted' })).toBe(true);
  expect(isPlanNoop(createWaitingPlan({ base: [GREEN] }), { type: 'base_accepted' })).toBe(true);
});

test('a check completes with a green result, fails with any other, and runs again', () => {
  const red = applyPlanEvent(createCheck(), checked());

  expect(red).toMatchObject({ status: 'failed', reason: RED.reason });
  expect(applyPlanEvent(createCheck(), checked(GREEN)).status).toBe('complete');
  expect(applyPlanEvent(createCheck(), checked({ status: 'unknown' })).status).toBe('failed');
  const again = applyPlanEvent(red, checked({ ...CHECKING, run: 2 }));
  expect(again).toMatchObject({ status: 'active', run: 2, base: [{ run: 2, status: 'checking' }] });
  expect(again.finishedAt).toBeUndefined();
});

test.each(['cancelled', 'restarted', 'halt_suspected', 'completed', 'budget_changed'] as const)(
  'the hidden plan of a check ignores the event %s',
  (type) => {
    const events: Record<typeof type, PlanEvent> = {
      cancelled: { type: 'cancelled', reason: '' },
      restarted: { type: 'restarted', run: 1 },
      halt_suspected: { type: 'halt_suspected' },
      completed: { type: 'completed', run: 1, pulls: [] },
      budget_changed: { type: 'budget_changed', budget: {} },
    };

    expect(isPlanNoop(createCheck(), events[type])).toBe(true);
  },
);

function announce(before: PlanState, event: PlanEvent) {
  const decision = decidePlan(before, event, createPlanContext());
  if (decision.kind === 'noop') throw new Error(`event ${event.type} changed nothing`);
  return announcePlanTransition(before, decision.state, event, createPlanContext());
}

test('a red base is announced once, and only if it holds tasks back', () => {
  const listKinds = (before: PlanState, event: PlanEvent) =>
    announce(before, event).notices.map(({ kind }) => kind);
  const { options } = createSamplePlan('active');

  expect(listKinds(createWaitingPlan(), checked())).toEqual(['base_red']);
  expect(listKinds(createWaitingPlan(), checked(GREEN))).toEqual([]);
  expect(listKinds(createCheck(), checked())).toEqual([]);
  const allowed = createWaitingPlan({ options: { ...options, allowRedBase: true } });
  expect(listKinds(allowed, checked())).toEqual([]);
  const again = createWaitingPlan({ base: [RED] });
  expect(listKinds(again, checked({ ...CHECKING, run: 2 }))).toEqual([]);
  const explored: PlanEvent = {
    type: 'explored',
    repositories: createSamplePlan('planning').repositories,
    base: [RED],
  };
  const exploring = createSamplePlan('planning', {
    planning: { stage: 'explore', consecutiveFailures: 0 },
  });
  expect(listKinds(exploring, explored)).toEqual(['base_red']);
});

test('a plan wakes the scheduler when its base allows tasks to start', () => {
  const listTypes = (before: PlanState, event: PlanEvent) =>
    announce(before, event).wakeUps.map(({ message }) => message.type);

  expect(listTypes(createWaitingPlan(), checked(GREEN))).toEqual(['reconcile_plan', 'schedule']);
  expect(listTypes(createWaitingPlan(), { type: 'base_accepted' })).toEqual([
    'reconcile_plan',
    'schedule',
  ]);
  expect(listTypes(createWaitingPlan(), checked())).toEqual([]);
  expect(listTypes(createCheck(), checked())).toEqual(['reconcile_plan']);
});
