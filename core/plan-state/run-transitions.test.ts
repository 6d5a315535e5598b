import { describe, expect, test } from 'vitest';
import {
  applyPlanEvent,
  createPlanCondition,
  createPlanContext,
  createPlanEvent,
  createSamplePlan,
  isPlanNoop,
  SAMPLE_PULL,
  SAMPLE_RUN,
} from '../../test/support/engine/plan-sample.ts';

const DAY_MS = 86_400_000;
const { now: NOW } = createPlanContext();

describe('a run', () => {
  test('releases its tasks once', () => {
    const released = applyPlanEvent(createSamplePlan('active'), createPlanEvent('released'));

    expect(released.activation.released).toBe(3);
    expect(isPlanNoop(released, createPlanEvent('released'))).toBe(true);
  });

  test('replaces the root pull request of the same repository', () => {
    const known = { ...SAMPLE_PULL, number: undefined };
    const other = { ...SAMPLE_PULL, repo: 'acme/docs' };
    const plan = createSamplePlan('active', { pulls: [known, other] });

    expect(applyPlanEvent(plan, createPlanEvent('root_pull_opened')).pulls).toEqual([
      other,
      SAMPLE_PULL,
    ]);
  });

  test('clears the warnings of halts and failed steps at its completion, and schedules the cleanup of merged branches', () => {
    const plan = createSamplePlan('active', {
      haltedSince: 1,
      haltNotified: true,
      conditions: [createPlanCondition('plan_halted'), createPlanCondition('step_failed')],
    });
    const merged = { ...SAMPLE_PULL, state: 'merged' as const };

    expect(applyPlanEvent(plan, createPlanEvent('completed', { pulls: [merged] }))).toMatchObject({
      haltedSince: undefined,
      haltNotified: undefined,
      conditions: [],
      finishedAt: NOW,
      pendingCleanups: [{ run: SAMPLE_RUN, at: NOW }],
    });
  });

  test('warns about a root pull request that was merged before its branch contained all work, and keeps the branch', () => {
    const early = { ...SAMPLE_PULL, state: 'merged' as const, wasMergedEarly: true };

    expect(
      applyPlanEvent(createSamplePlan('active'), createPlanEvent('completed', { pulls: [early] })),
    ).toMatchObject({
      conditions: [{ code: 'merged_early' }],
      pendingCleanups: [{ run: SAMPLE_RUN, at: NOW + 7 * DAY_MS }],
    });
  });
});

describe('a halt', () => {
  const suspected = createSamplePlan('active', { haltedSince: 500 });

  test('is suspected once', () => {
    const event = createPlanEvent('halt_suspected');

    expect(applyPlanEvent(createSamplePlan('active'), event).haltedSince).toBe(NOW);
    expect(isPlanNoop(suspected, event)).toBe(true);
  });

  test('is confirmed only for the same suspicion, and once', () => {
    const halted = applyPlanEvent(suspected, createPlanEvent('halted'));

    expect(halted).toMatchObject({ haltNotified: true, conditions: [{ code: 'plan_halted' }] });
    expect(isPlanNoop(halted, createPlanEvent('halted'))).toBe(true);
    expect(isPlanNoop({ ...suspected, haltedSince: 900 }, createPlanEvent('halted'))).toBe(true);
  });

  test('removes its condition at its end', () => {
    const halted = applyPlanEvent(suspected, createPlanEvent('halted'));
    const cleared = applyPlanEvent(halted, createPlanEvent('halt_cleared'));

    expect(cleared).toMatchObject({
      haltedSince: undefined,
      haltNotified: undefined,
      conditions: [],
    });
    expect(isPlanNoop(cleared, createPlanEvent('halt_cleared'))).toBe(true);
  });
});

describe('a budget', () => {
  test('is reported once at each limit, and again after a change of the budget', () => {
    const low = applyPlanEvent(createSamplePlan('active'), createPlanEvent('budget_low'));
    const used = applyPlanEvent(low, createPlanEvent('budget_used'));

    expect([low.budgetLevel, used.budgetLevel]).toEqual(['low', 'used']);
    expect(isPlanNoop(low, createPlanEvent('budget_low'))).toBe(true);
    expect(isPlanNoop(used, createPlanEvent('budget_low'))).toBe(true);
    expect(isPlanNoop(used, createPlanEvent('budget_used'))).toBe(true);
    expect(applyPlanEvent(used, createPlanEvent('budget_changed'))).toMatchObject({
      budgetLevel: undefined,
      options: { budget: { maxTokens: 1_000 } },
    });
  });
});

describe('a failed step', () => {
  test('is counted, and only the newest failure remains as a condition', () => {
    const first = applyPlanEvent(createSamplePlan('active'), createPlanEvent('step_faulted'));
    const second = applyPlanEvent(first, createPlanEvent('step_faulted', { why: 'again' }));

    expect(second.consecutiveEngineFailures).toBe(2);
    expect(second.conditions).toMatchObject([{ code: 'step_failed', message: 'again' }]);
  });

  test('fails the plan only during the activation, after twenty failures in a row', () => {
    const event = createPlanEvent('step_faulted');

    expect(
      applyPlanEvent(createSamplePlan('activating', { consecutiveEngineFailures: 18 }), event)
        .status,
    ).toBe('activating');
    expect(
      applyPlanEvent(createSamplePlan('activating', { consecutiveEngineFailures: 19 }), event)
        .status,
    ).toBe('failed');
    expect(
      applyPlanEvent(createSamplePlan('active', { consecutiveEngineFailures: 99 }), event).status,
    ).toBe('active');
  });
});
