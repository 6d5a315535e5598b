import { describe, expect, test } from 'vitest';
import {
  applyPlanEvent,
  createPlanCondition,
  createPlanContext,
  createPlanEvent,
  createSamplePlan,
  createSimplePlan,
  isPlanNoop,
  SAMPLE_PULL,
  SAMPLE_RUN,
} from '../../test/support/engine/plan-sample.ts';

const { now: NOW } = createPlanContext();

describe('an edit', () => {
  test('changes nothing when it replaces a revision that is not the newest', () => {
    const plan = createSamplePlan('pending_approval');

    expect(isPlanNoop(plan, createPlanEvent('edited', { replaces: 2 }))).toBe(true);
    expect(applyPlanEvent(plan, createPlanEvent('edited'))).toMatchObject({
      revision: 2,
      revisionTags: ['x', 'n2'],
    });
  });

  test('makes a simple plan complex when the plan gets several tasks', () => {
    const simple = createSimplePlan('pending_approval');

    const singleTask = applyPlanEvent(simple, createPlanEvent('edited', { taskCount: 1 }));
    const manyTasks = applyPlanEvent(simple, createPlanEvent('edited', { taskCount: 200 }));

    expect(singleTask.verdict).toBe(simple.verdict);
    expect(manyTasks.verdict).toMatchObject({
      complexity: 'complex',
      source: 'person',
      estimatedTasks: 60,
    });
  });
});

test('an approval applies only to the newest revision, and removes the blocking conditions', () => {
  const conditions = [
    createPlanCondition('blocking_checks'),
    createPlanCondition('preflight_deletion'),
  ];
  const plan = createSamplePlan('pending_approval', { conditions });

  expect(isPlanNoop(plan, createPlanEvent('approved', { revision: 2 }))).toBe(true);
  expect(applyPlanEvent(plan, createPlanEvent('approved'))).toMatchObject({
    approvedRevision: 1,
    conditions: [{ code: 'preflight_deletion' }],
    activation: { stored: 0, released: 0, total: 0, hasRootBranches: false },
  });
});

describe('a cancelled plan', () => {
  test('stops its run with the tasks of the approved revision', () => {
    const cancelled = applyPlanEvent(createSamplePlan('active'), createPlanEvent('cancelled'));

    expect(cancelled).toMatchObject({ reason: 'no longer wanted', finishedAt: NOW });
    expect(cancelled.stoppingRuns).toEqual([
      { run: SAMPLE_RUN, revision: 1, reason: 'no longer wanted', cursor: 0, dueAt: NOW },
    ]);
  });

  test.each(['planning', 'pending_approval'] as const)(
    'has no tasks to stop when the plan was %s',
    (status) => {
      const cancelled = applyPlanEvent(createSamplePlan(status), createPlanEvent('cancelled'));

      expect(cancelled.stoppingRuns).toMatchObject([{ revision: 0 }]);
    },
  );

  test('names the person when no reason was given', () => {
    const event = createPlanEvent('cancelled', { reason: '' });

    expect(applyPlanEvent(createSamplePlan('active'), event).reason).toBe(
      'cancelled by ann@example.com',
    );
  });
});

describe('a restart', () => {
  test('starts a new run and stops the previous run', () => {
    const plan = createSamplePlan('active', {
      haltedSince: 1,
      haltNotified: true,
      consecutiveEngineFailures: 3,
      pulls: [SAMPLE_PULL],
      startedAt: 5,
      conditions: [createPlanCondition('plan_halted')],
    });

    expect(applyPlanEvent(plan, createPlanEvent('restarted'))).toMatchObject({
      run: SAMPLE_RUN + 1,
      haltedSince: undefined,
      haltNotified: undefined,
      consecutiveEngineFailures: 0,
      conditions: [],
      pulls: [],
      finalTasks: [],
      startedAt: undefined,
      activation: { stored: 0, released: 0, total: 0, hasRootBranches: false },
      stoppingRuns: [{ run: SAMPLE_RUN, reason: 'restarted by ann@example.com' }],
    });
  });

  test('changes nothing when it names an older run', () => {
    const event = createPlanEvent('restarted', { run: 1 });

    expect(isPlanNoop(createSamplePlan('active'), event)).toBe(true);
  });

  test('does not stop a run whose branches already await deletion', () => {
    const pendingCleanups = [{ run: SAMPLE_RUN, at: 5 }];
    const plan = createSamplePlan('cancelled', { pendingCleanups });

    expect(applyPlanEvent(plan, createPlanEvent('restarted'))).toMatchObject({
      stoppingRuns: [],
      pendingCleanups,
    });
  });

  test.each(['failed', 'cancelled'] as const)(
    'returns a %s plan without a graph to planning',
    (status) => {
      const plan = createSamplePlan(status, { revision: 0, approvedRevision: undefined });

      expect(applyPlanEvent(plan, createPlanEvent('restarted'))).toMatchObject({
        status: 'planning',
        planning: { stage: 'queued', consecutiveFailures: 0 },
      });
    },
  );

  test.each(['rejected', 'cancelled', 'failed', 'closed'] as const)(
    'plans a %s plan without approval from the present base and keeps the graph for approval',
    (status) => {
      const plan = createSamplePlan(status, { approvedRevision: undefined });
      expect(plan.repositories[0]?.baseSha).not.toBe('');
      const restarted = applyPlanEvent(plan, createPlanEvent('restarted'));

      expect(restarted).toMatchObject({
        status: 'planning',
        planning: { stage: 'queued' },
        repositories: [{ baseSha: '' }],
        revision: plan.revision,
        revisionTags: plan.revisionTags,
      });
      const explored = createPlanEvent('explored', { repositories: plan.repositories });
      const planned = {
        ...restarted,
        planning: { stage: 'explore', consecutiveFailures: 0 },
      } as const;
      expect(applyPlanEvent(planned, explored)).toMatchObject({
        status: 'pending_approval',
        planning: { stage: 'done' },
        revision: plan.revision,
      });
    },
  );

  test('replaces the base commits of a started plan only by the named commits', () => {
    const plan = createSamplePlan('cancelled');
    const [repository] = plan.repositories;
    const bases = [{ repo: repository?.name ?? '', sha: 'e'.repeat(40) }];

    expect(
      applyPlanEvent(plan, createPlanEvent('restarted', { bases })).repositories[0]?.baseSha,
    ).toBe('e'.repeat(40));
    expect(applyPlanEvent(plan, createPlanEvent('restarted')).repositories).toEqual(
      plan.repositories,
    );
  });
});
