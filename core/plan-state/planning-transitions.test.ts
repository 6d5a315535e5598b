import { describe, expect, test } from 'vitest';
import {
  applyPlanEvent,
  createPlanCondition,
  createPlanEvent,
  createSamplePlan,
  createSimplePlan,
  isPlanNoop,
} from '../../test/support/engine/plan-sample.ts';

describe('planning', () => {
  const STEPS = [
    { stage: 'queued', type: 'preflight_done', nextStage: 'explore' },
    { stage: 'explore', type: 'explored', nextStage: 'assess' },
    { stage: 'assess', type: 'assessed', nextStage: 'decompose' },
    { stage: 'decompose', type: 'decomposed', nextStage: 'done' },
  ] as const;

  test.each(STEPS)(
    'only $type ends the stage $stage and starts $nextStage',
    ({ stage, type, nextStage }) => {
      const plan = createSamplePlan('planning', {
        planning: { stage, consecutiveFailures: 2, parkedUntil: 5 },
      });

      for (const other of STEPS)
        if (other.type !== type) expect(isPlanNoop(plan, createPlanEvent(other.type))).toBe(true);
      expect(applyPlanEvent(plan, createPlanEvent(type)).planning).toEqual({
        stage: nextStage,
        consecutiveFailures: 0,
      });
    },
  );

  test('the exploration adds its conditions to the plan', () => {
    const planning = { stage: 'explore' as const, consecutiveFailures: 0 };
    const plan = createSamplePlan('planning', { planning });
    const submodules = createPlanCondition('submodules');

    const explored = applyPlanEvent(plan, {
      type: 'explored',
      repositories: plan.repositories,
      base: [],
      conditions: [submodules],
    });

    expect(explored.conditions).toContainEqual(submodules);
  });

  test('a successful step clears the warnings of earlier failures', () => {
    const conditions = ['planning_parked', 'planning_retried', 'preflight_deletion'].map(
      (code) => ({ level: 'warning' as const, code, message: '', at: 1 }),
    );

    const done = applyPlanEvent(
      createSamplePlan('planning', { conditions }),
      createPlanEvent('decomposed'),
    );

    expect(done.conditions.map(({ code }) => code)).toEqual(['preflight_deletion']);
  });

  test('a simple plan and a plan with automatic approval start at once', () => {
    const complex = createSamplePlan('planning');
    const automatic = { ...complex, options: { ...complex.options, autoApprove: true } };

    for (const plan of [createSimplePlan('planning'), automatic])
      expect(applyPlanEvent(plan, createPlanEvent('decomposed'))).toMatchObject({
        status: 'activating',
        approvedRevision: 1,
        revision: 1,
        revisionTags: ['n1'],
      });
  });

  test('a blocking rule of the forge makes a simple plan wait for approval', () => {
    const blocked = createSimplePlan('planning', [
      createPlanCondition('blocking_required_signatures'),
    ]);
    // A rule about merges into a root branch (`lane`) does not concern a simple plan.
    const unblocked = createSimplePlan('planning', [
      createPlanCondition('blocking_lane_merge_methods'),
    ]);

    expect(applyPlanEvent(blocked, createPlanEvent('decomposed'))).toMatchObject({
      status: 'pending_approval',
      approvedRevision: undefined,
    });
    expect(applyPlanEvent(unblocked, createPlanEvent('decomposed'))).toMatchObject({
      status: 'activating',
      conditions: [],
    });
  });

  test('only a retry counts as a failure, and repeated retries share one condition', () => {
    const plan = createSamplePlan('planning');
    const parked = applyPlanEvent(plan, createPlanEvent('planning_parked'));
    const retried = applyPlanEvent(
      applyPlanEvent(parked, createPlanEvent('planning_retried')),
      createPlanEvent('planning_retried'),
    );

    expect(parked.planning).toEqual({
      stage: 'decompose',
      consecutiveFailures: 0,
      parkedUntil: 1_060_000,
    });
    expect(retried.planning).toEqual({
      stage: 'decompose',
      consecutiveFailures: 2,
      parkedUntil: 1_002_000,
    });
    expect(retried.conditions.map(({ code }) => code)).toEqual([
      'planning_parked',
      'planning_retried',
    ]);
  });

  test('the end of a pause changes nothing in a plan without a pause', () => {
    const unparked = applyPlanEvent(
      createSamplePlan('planning'),
      createPlanEvent('planning_unparked'),
    );

    expect(unparked.planning.parkedUntil).toBeUndefined();
    expect(isPlanNoop(unparked, createPlanEvent('planning_unparked'))).toBe(true);
  });
});
