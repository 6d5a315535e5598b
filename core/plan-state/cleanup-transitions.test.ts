import { describe, expect, test } from 'vitest';
import {
  applyPlanEvent,
  createPlanContext,
  createPlanEvent,
  createSamplePlan,
  isPlanNoop,
  SAMPLE_PULL,
  SAMPLE_RUN,
} from '../../test/support/engine/plan-sample.ts';
import type { PlanState } from './plan-state.ts';

const DAY_MS = 86_400_000;
const { now: NOW } = createPlanContext();

describe('a complete plan', () => {
  test('keeps its branches while a pull request is open, deletes merged branches at once and closed branches after a week', () => {
    const plan = createSamplePlan('complete');
    const closed = [{ ...SAMPLE_PULL, state: 'closed' as const }];

    expect(applyPlanEvent(plan, createPlanEvent('pulls_changed')).pendingCleanups).toEqual([]);
    expect(applyPlanEvent(plan, createPlanEvent('delivered')).pendingCleanups).toEqual([
      { run: SAMPLE_RUN, at: NOW },
    ]);
    expect(
      applyPlanEvent(plan, createPlanEvent('delivered', { pulls: closed })).pendingCleanups,
    ).toEqual([{ run: SAMPLE_RUN, at: NOW + 7 * DAY_MS }]);
  });

  test('deletes its branches at once if nothing had to be delivered', () => {
    const completed = createPlanEvent('completed', { pulls: [] });

    expect(applyPlanEvent(createSamplePlan('active'), completed)).toMatchObject({
      status: 'complete',
      pendingCleanups: [{ run: SAMPLE_RUN, at: NOW }],
    });
  });

  test('keeps the branches of its run when a reviewer requests changes', () => {
    const pendingCleanups = [1, SAMPLE_RUN].map((run) => ({ run, at: 5 }));
    const plan = createSamplePlan('complete', { pendingCleanups, finishedAt: 5 });

    expect(applyPlanEvent(plan, createPlanEvent('sent_back'))).toMatchObject({
      pendingCleanups: [{ run: 1, at: 5 }],
      finishedAt: undefined,
    });
  });
});

describe('a stopped run', () => {
  const stopping = { run: 1, revision: 1, reason: 'enough', cursor: 0, dueAt: 0 };
  const plan = createSamplePlan('cancelled', { stoppingRuns: [stopping] });

  test('records the progress of a cancellation pass', () => {
    const event = createPlanEvent('run_stopping', { cursor: 2, isPassComplete: false });

    expect(applyPlanEvent(plan, event).stoppingRuns).toEqual([{ ...stopping, cursor: 2 }]);
  });

  test('gets a second cancellation pass after the longest run time of a handler', () => {
    const afterFirstPass = applyPlanEvent(plan, createPlanEvent('run_stopping'));

    expect(afterFirstPass.stoppingRuns).toEqual([
      { ...stopping, isFirstPassDone: true, dueAt: NOW + 300_000 },
    ]);
    expect(isPlanNoop(afterFirstPass, createPlanEvent('run_stopping'))).toBe(true);
    expect(
      applyPlanEvent(afterFirstPass, createPlanEvent('run_stopping', { isSecondPass: true })),
    ).toMatchObject({
      stoppingRuns: [],
      pendingCleanups: [{ run: 1, at: NOW + 7 * DAY_MS }],
    });
  });
});

describe('branches awaiting deletion', () => {
  const applyCleanup = (cleanup: PlanState['pendingCleanups'][number], change: object) => {
    const plan = createSamplePlan('cancelled', { pendingCleanups: [cleanup] });
    const result = { run: 1, isSecondPass: false, isDeleted: true, ...change };
    return applyPlanEvent(plan, createPlanEvent('branches_cleaned_up', { results: [result] }))
      .pendingCleanups;
  };

  test('are deleted in two passes', () => {
    expect(applyCleanup({ run: 1, at: 5 }, {})).toEqual([
      { run: 1, at: NOW + 300_000, isFirstPassDone: true },
    ]);
    expect(applyCleanup({ run: 1, at: 5, isFirstPassDone: true }, { isSecondPass: true })).toEqual(
      [],
    );
  });

  test('are retried after a longer wait with each failed deletion', () => {
    expect(applyCleanup({ run: 1, at: 5 }, { isDeleted: false })).toEqual([
      { run: 1, at: NOW + 900_000, tries: 1 },
    ]);
    expect(applyCleanup({ run: 1, at: 5, tries: 20 }, { isDeleted: false })).toEqual([
      { run: 1, at: NOW + DAY_MS, tries: 21 },
    ]);
  });

  test('still await the second pass when another worker has recorded the first pass', () => {
    const secondPass = { run: 1, at: 5, isFirstPassDone: true };

    expect(applyCleanup(secondPass, {})).toEqual([secondPass]);
  });
});
