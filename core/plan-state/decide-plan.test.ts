import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createPlanContext,
  createPlanEvent,
  createSamplePlan,
  SAMPLE_PULL,
  SAMPLE_RUN,
} from '../../test/support/engine/plan-sample.ts';
import type { PlanStatus } from '../contract/plan-status.ts';
import { PLAN_STATUSES } from '../contract/plan-status.ts';
import { decidePlan } from './decide-plan.ts';
import type { PlanEvent, PlanEventType } from './plan-event.ts';
import { PLAN_EVENT_TYPES } from './plan-event.ts';
import type { PlanState } from './plan-state.ts';

const DAY_MS = 86_400_000;
const { now: NOW } = createPlanContext();

/** The status that each event leads to. An event that is not listed changes nothing. */
const EXPECTED_STATUSES: Record<PlanStatus, Partial<Record<PlanEventType, PlanStatus>>> = {
  planning: {
    decomposed: 'pending_approval',
    planning_parked: 'planning',
    planning_retried: 'planning',
    planning_unparked: 'planning',
    planning_failed: 'failed',
    cancelled: 'cancelled',
  },
  pending_approval: {
    edited: 'pending_approval',
    approved: 'activating',
    rejected: 'rejected',
    cancelled: 'cancelled',
  },
  activating: { activating: 'activating', activated: 'active', cancelled: 'cancelled' },
  active: {
    released: 'active',
    root_pull_opened: 'active',
    halt_suspected: 'active',
    budget_low: 'active',
    budget_used: 'active',
    completed: 'complete',
    cancelled: 'cancelled',
    restarted: 'activating',
  },
  complete: {
    pulls_changed: 'complete',
    delivered: 'complete',
    sent_back: 'active',
    restarted: 'activating',
  },
  rejected: { restarted: 'pending_approval' },
  cancelled: { restarted: 'activating' },
  failed: { restarted: 'activating' },
};

/** Events that every status accepts and that change no status. */
const BOOKKEEPING_EVENTS: readonly PlanEventType[] = [
  'branches_cleaned_up',
  'budget_changed',
  'step_faulted',
];
/** Changes nothing without a run that is being stopped. */
const STOPPING_EVENT: PlanEventType = 'run_stopping';

function applyEvent(state: PlanState, event: PlanEvent, change = {}): PlanState {
  const decision = decidePlan(state, event, createPlanContext(change));
  if (decision.kind === 'noop') throw new Error(`${event.type} changed nothing`);
  return decision.state;
}

function isNoop(state: PlanState, event: PlanEvent): boolean {
  return decidePlan(state, event, createPlanContext()).kind === 'noop';
}

const PAIRS = PLAN_STATUSES.flatMap((status) => PLAN_EVENT_TYPES.map((type) => ({ status, type })));

describe('the table', () => {
  test.each(PAIRS)('$status and $type', ({ status, type }) => {
    const decision = decidePlan(
      createSamplePlan(status),
      createPlanEvent(type),
      createPlanContext(),
    );

    const to = decision.kind === 'changed' ? decision.state.status : undefined;
    const expected = BOOKKEEPING_EVENTS.includes(type) ? status : EXPECTED_STATUSES[status][type];
    expect(to).toBe(expected);
  });

  test.each(PLAN_STATUSES)('a plan that is %s accepts the progress of a stopping run', (status) => {
    const stoppingRuns = [{ run: 1, revision: 1, reason: 'enough', cursor: 0, dueAt: 0 }];

    const stopping = applyEvent(
      createSamplePlan(status, { stoppingRuns }),
      createPlanEvent(STOPPING_EVENT),
    );

    expect(stopping).toMatchObject({ status, stoppingRuns: [{ run: 1, swept: true }] });
  });

  test('a transition records its event, actor, version and reason', () => {
    const rejected = applyEvent(createSamplePlan('pending_approval'), createPlanEvent('rejected'));

    expect(rejected.last).toEqual({
      version: 9,
      at: NOW,
      from: 'pending_approval',
      to: 'rejected',
      event: 'rejected',
      actor: 'ann@example.com',
      reason: 'too large',
    });
  });

  test.each([
    'activating',
    'activated',
    'released',
    'root_pull_opened',
    'completed',
    'pulls_changed',
    'delivered',
  ] as const)('%s of a former run changes nothing', (type) => {
    const event = createPlanEvent(type, { run: SAMPLE_RUN - 1 } as never);

    for (const status of PLAN_STATUSES) expect(isNoop(createSamplePlan(status), event)).toBe(true);
  });
});

describe('planning', () => {
  const STAGES = [
    ['queued', 'preflight_done', 'explore'],
    ['explore', 'explored', 'assess'],
    ['assess', 'assessed', 'decompose'],
    ['decompose', 'decomposed', 'done'],
  ] as const;

  test.each(STAGES)('%s is left only by %s, for %s', (stage, type, next) => {
    const plan = createSamplePlan('planning', { planning: { stage, faults: 2, parkedUntil: 5 } });

    for (const [, other] of STAGES)
      if (other !== type) expect(isNoop(plan, createPlanEvent(other))).toBe(true);
    expect(applyEvent(plan, createPlanEvent(type)).planning).toEqual({ stage: next, faults: 0 });
  });

  test('a step that succeeds clears the warnings of the failures before', () => {
    const conditions = ['planning_parked', 'planning_retried', 'preflight_deletion'].map(
      (code) => ({ level: 'warning' as const, code, message: '', at: 1 }),
    );

    const done = applyEvent(
      createSamplePlan('planning', { conditions }),
      createPlanEvent('decomposed'),
    );

    expect(done.conditions.map(({ code }) => code)).toEqual(['preflight_deletion']);
  });

  test('a simple plan and a plan with automatic approval start at once', () => {
    const complex = createSamplePlan('planning');
    const automatic = { ...complex, options: { ...complex.options, autoApprove: true } };

    for (const plan of [createSimplePlan('planning'), automatic])
      expect(applyEvent(plan, createPlanEvent('decomposed'))).toMatchObject({
        status: 'activating',
        approved: 1,
        revision: 1,
        revisionTags: ['n1'],
      });
  });

  test('a blocking rule of the forge makes a simple plan wait for approval', () => {
    const blocked = createSimplePlan('planning', [createCondition('blocking_required_signatures')]);
    const free = createSimplePlan('planning', [createCondition('blocking_lane_merge_methods')]);

    expect(applyEvent(blocked, createPlanEvent('decomposed'))).toMatchObject({
      status: 'pending_approval',
      approved: undefined,
    });
    expect(applyEvent(free, createPlanEvent('decomposed'))).toMatchObject({
      status: 'activating',
      conditions: [],
    });
  });

  test('a pause costs no fault, a retry costs one, and each has one condition', () => {
    const plan = createSamplePlan('planning');
    const parked = applyEvent(plan, createPlanEvent('planning_parked'));
    const retried = applyEvent(
      applyEvent(parked, createPlanEvent('planning_retried')),
      createPlanEvent('planning_retried'),
    );

    expect(parked.planning).toEqual({ stage: 'decompose', faults: 0, parkedUntil: 1_060_000 });
    expect(retried.planning).toEqual({ stage: 'decompose', faults: 2, parkedUntil: 1_002_000 });
    expect(retried.conditions.map(({ code }) => code)).toEqual([
      'planning_parked',
      'planning_retried',
    ]);
  });

  test('the end of a pause changes nothing without a pause', () => {
    const unparked = applyEvent(createSamplePlan('planning'), createPlanEvent('planning_unparked'));

    expect(unparked.planning.parkedUntil).toBeUndefined();
    expect(isNoop(unparked, createPlanEvent('planning_unparked'))).toBe(true);
  });
});

describe('an edit', () => {
  test('changes nothing when its revision is not the newest', () => {
    const plan = createSamplePlan('pending_approval');

    expect(isNoop(plan, createPlanEvent('edited', { replaces: 2 }))).toBe(true);
    expect(applyEvent(plan, createPlanEvent('edited'))).toMatchObject({
      revision: 2,
      revisionTags: ['x', 'n2'],
    });
  });

  test('makes a simple plan complex when the plan gets several tasks', () => {
    const simple = createSimplePlan('pending_approval');

    const kept = applyEvent(simple, createPlanEvent('edited', { taskCount: 1 }));
    const split = applyEvent(simple, createPlanEvent('edited', { taskCount: 200 }));

    expect(kept.verdict).toBe(simple.verdict);
    expect(split.verdict).toMatchObject({
      complexity: 'complex',
      source: 'person',
      estimatedTasks: 60,
    });
  });
});

test('an approval counts for the newest revision only, and removes the blocking conditions', () => {
  const conditions = [createCondition('blocking_checks'), createCondition('preflight_deletion')];
  const plan = createSamplePlan('pending_approval', { conditions });

  expect(isNoop(plan, createPlanEvent('approved', { revision: 2 }))).toBe(true);
  expect(applyEvent(plan, createPlanEvent('approved'))).toMatchObject({
    approved: 1,
    conditions: [{ code: 'preflight_deletion' }],
    activation: { put: 0, released: 0, total: 0, roots: false },
  });
});

describe('a cancelled plan', () => {
  test('stops its run with the tasks of the approved revision', () => {
    const cancelled = applyEvent(createSamplePlan('active'), createPlanEvent('cancelled'));

    expect(cancelled).toMatchObject({ reason: 'no longer wanted', finishedAt: NOW });
    expect(cancelled.stoppingRuns).toEqual([
      { run: SAMPLE_RUN, revision: 1, reason: 'no longer wanted', cursor: 0, dueAt: NOW },
    ]);
  });

  test.each(['planning', 'pending_approval'] as const)(
    'has no tasks to stop when the plan was %s',
    (status) => {
      const cancelled = applyEvent(createSamplePlan(status), createPlanEvent('cancelled'));

      expect(cancelled.stoppingRuns).toMatchObject([{ revision: 0 }]);
    },
  );

  test('names the person when no reason was given', () => {
    const event = createPlanEvent('cancelled', { reason: '' });

    expect(applyEvent(createSamplePlan('active'), event).reason).toBe(
      'cancelled by ann@example.com',
    );
  });
});

describe('a restart', () => {
  test('begins a new run and stops the run before', () => {
    const plan = createSamplePlan('active', {
      haltedSince: 1,
      haltNotified: true,
      faults: 3,
      pulls: [SAMPLE_PULL],
      startedAt: 5,
      conditions: [createCondition('plan_halted')],
    });

    expect(applyEvent(plan, createPlanEvent('restarted'))).toMatchObject({
      run: SAMPLE_RUN + 1,
      haltedSince: undefined,
      haltNotified: undefined,
      faults: 0,
      conditions: [],
      pulls: [],
      ends: [],
      startedAt: undefined,
      activation: { put: 0, released: 0, total: 0, roots: false },
      stoppingRuns: [{ run: SAMPLE_RUN, reason: 'restarted by ann@example.com' }],
    });
  });

  test('changes nothing when its run is not current', () => {
    const event = createPlanEvent('restarted', { run: 1 });

    expect(isNoop(createSamplePlan('active'), event)).toBe(true);
  });

  test('stops the run before only once', () => {
    const pendingCleanups = [{ run: SAMPLE_RUN, at: 5 }];
    const plan = createSamplePlan('cancelled', { pendingCleanups });

    expect(applyEvent(plan, createPlanEvent('restarted'))).toMatchObject({
      stoppingRuns: [],
      pendingCleanups,
    });
  });

  test.each(['failed', 'cancelled'] as const)(
    'plans a %s plan again when the plan has no graph yet',
    (status) => {
      const plan = createSamplePlan(status, { revision: 0, approved: undefined });

      expect(applyEvent(plan, createPlanEvent('restarted'))).toMatchObject({
        status: 'planning',
        planning: { stage: 'queued', faults: 0 },
      });
    },
  );

  test('makes a plan that was never approved wait for approval', () => {
    const plan = createSamplePlan('cancelled', { approved: undefined });

    expect(applyEvent(plan, createPlanEvent('restarted')).status).toBe('pending_approval');
  });
});

describe('a run', () => {
  test('is released once', () => {
    const released = applyEvent(createSamplePlan('active'), createPlanEvent('released'));

    expect(released.activation.released).toBe(3);
    expect(isNoop(released, createPlanEvent('released'))).toBe(true);
  });

  test('replaces the root pull request of the same repository', () => {
    const known = { ...SAMPLE_PULL, number: undefined };
    const other = { ...SAMPLE_PULL, repo: 'acme/docs' };
    const plan = createSamplePlan('active', { pulls: [known, other] });

    expect(applyEvent(plan, createPlanEvent('root_pull_opened')).pulls).toEqual([
      other,
      SAMPLE_PULL,
    ]);
  });

  test('clears halt and failed steps when it completes, and schedules the cleanup of merged branches', () => {
    const plan = createSamplePlan('active', {
      haltedSince: 1,
      haltNotified: true,
      conditions: [createCondition('plan_halted'), createCondition('step_failed')],
    });
    const merged = { ...SAMPLE_PULL, state: 'merged' as const };

    expect(applyEvent(plan, createPlanEvent('completed', { pulls: [merged] }))).toMatchObject({
      haltedSince: undefined,
      haltNotified: undefined,
      conditions: [],
      finishedAt: NOW,
      pendingCleanups: [{ run: SAMPLE_RUN, at: NOW }],
    });
  });

  test('warns of a root that was merged early, and keeps its branch', () => {
    const early = { ...SAMPLE_PULL, state: 'merged' as const, wasMergedEarly: true };

    expect(
      applyEvent(createSamplePlan('active'), createPlanEvent('completed', { pulls: [early] })),
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

    expect(applyEvent(createSamplePlan('active'), event).haltedSince).toBe(NOW);
    expect(isNoop(suspected, event)).toBe(true);
  });

  test('is confirmed only for the same suspicion, and once', () => {
    const halted = applyEvent(suspected, createPlanEvent('halted'));

    expect(halted).toMatchObject({ haltNotified: true, conditions: [{ code: 'plan_halted' }] });
    expect(isNoop(halted, createPlanEvent('halted'))).toBe(true);
    expect(isNoop({ ...suspected, haltedSince: 900 }, createPlanEvent('halted'))).toBe(true);
  });

  test('ends with its condition', () => {
    const halted = applyEvent(suspected, createPlanEvent('halted'));
    const cleared = applyEvent(halted, createPlanEvent('halt_cleared'));

    expect(cleared).toMatchObject({
      haltedSince: undefined,
      haltNotified: undefined,
      conditions: [],
    });
    expect(isNoop(cleared, createPlanEvent('halt_cleared'))).toBe(true);
  });
});

describe('a budget', () => {
  test('is reported at each limit once, and again after a change', () => {
    const low = applyEvent(createSamplePlan('active'), createPlanEvent('budget_low'));
    const used = applyEvent(low, createPlanEvent('budget_used'));

    expect([low.budgetLevel, used.budgetLevel]).toEqual(['low', 'used']);
    expect(isNoop(low, createPlanEvent('budget_low'))).toBe(true);
    expect(isNoop(used, createPlanEvent('budget_low'))).toBe(true);
    expect(isNoop(used, createPlanEvent('budget_used'))).toBe(true);
    expect(applyEvent(used, createPlanEvent('budget_changed'))).toMatchObject({
      budgetLevel: undefined,
      options: { budget: { maxTokens: 1_000 } },
    });
  });
});

describe('a failed step', () => {
  test('is counted, with the newest reason as its only condition', () => {
    const first = applyEvent(createSamplePlan('active'), createPlanEvent('step_faulted'));
    const second = applyEvent(first, createPlanEvent('step_faulted', { why: 'again' }));

    expect(second.faults).toBe(2);
    expect(second.conditions).toMatchObject([{ code: 'step_failed', message: 'again' }]);
  });

  test('fails a plan only while it is activated, after twenty in a row', () => {
    const event = createPlanEvent('step_faulted');

    expect(applyEvent(createSamplePlan('activating', { faults: 18 }), event).status).toBe(
      'activating',
    );
    expect(applyEvent(createSamplePlan('activating', { faults: 19 }), event).status).toBe('failed');
    expect(applyEvent(createSamplePlan('active', { faults: 99 }), event).status).toBe('active');
  });
});

describe('a complete plan', () => {
  test('keeps its branches while a pull request is open, or may be reopened', () => {
    const plan = createSamplePlan('complete');
    const closed = [{ ...SAMPLE_PULL, state: 'closed' as const }];

    expect(applyEvent(plan, createPlanEvent('pulls_changed')).pendingCleanups).toEqual([]);
    expect(applyEvent(plan, createPlanEvent('delivered')).pendingCleanups).toEqual([
      { run: SAMPLE_RUN, at: NOW },
    ]);
    expect(
      applyEvent(plan, createPlanEvent('delivered', { pulls: closed })).pendingCleanups,
    ).toEqual([{ run: SAMPLE_RUN, at: NOW + 7 * DAY_MS }]);
  });

  test('keeps its branches when it is sent back', () => {
    const pendingCleanups = [1, SAMPLE_RUN].map((run) => ({ run, at: 5 }));
    const plan = createSamplePlan('complete', { pendingCleanups, finishedAt: 5 });

    expect(applyEvent(plan, createPlanEvent('sent_back'))).toMatchObject({
      pendingCleanups: [{ run: 1, at: 5 }],
      finishedAt: undefined,
    });
  });
});

describe('a stopped run', () => {
  const stopping = { run: 1, revision: 1, reason: 'enough', cursor: 0, dueAt: 0 };
  const plan = createSamplePlan('cancelled', { stoppingRuns: [stopping] });

  test('records how far a pass got', () => {
    const event = createPlanEvent('run_stopping', { cursor: 2, isPassComplete: false });

    expect(applyEvent(plan, event).stoppingRuns).toEqual([{ ...stopping, cursor: 2 }]);
  });

  test('is swept a second time when no handler can write to it any more', () => {
    const swept = applyEvent(plan, createPlanEvent('run_stopping'));

    expect(swept.stoppingRuns).toEqual([{ ...stopping, swept: true, dueAt: NOW + 300_000 }]);
    expect(isNoop(swept, createPlanEvent('run_stopping'))).toBe(true);
    expect(applyEvent(swept, createPlanEvent('run_stopping', { wasSwept: true }))).toMatchObject({
      stoppingRuns: [],
      pendingCleanups: [{ run: 1, at: NOW + 7 * DAY_MS }],
    });
  });
});

describe('branches that are to be deleted', () => {
  const clean = (cleanup: PlanState['pendingCleanups'][number], change: object) => {
    const plan = createSamplePlan('cancelled', { pendingCleanups: [cleanup] });
    const result = { run: 1, wasSwept: false, isDeleted: true, ...change };
    return applyEvent(plan, createPlanEvent('branches_cleaned_up', { results: [result] }))
      .pendingCleanups;
  };

  test('are looked for once more after the first deletion, and then no more', () => {
    expect(clean({ run: 1, at: 5 }, {})).toEqual([{ run: 1, at: NOW + 300_000, swept: true }]);
    expect(clean({ run: 1, at: 5, swept: true }, { wasSwept: true })).toEqual([]);
  });

  test('are tried again ever less often', () => {
    expect(clean({ run: 1, at: 5 }, { isDeleted: false })).toEqual([
      { run: 1, at: NOW + 900_000, tries: 1 },
    ]);
    expect(clean({ run: 1, at: 5, tries: 20 }, { isDeleted: false })).toEqual([
      { run: 1, at: NOW + DAY_MS, tries: 21 },
    ]);
  });

  test('are kept when another worker has recorded the first deletion already', () => {
    const second = { run: 1, at: 5, swept: true };

    expect(clean(second, {})).toEqual([second]);
  });
});

test('runs and revisions only rise over any history of events', () => {
  const types = fc.array(fc.constantFrom(...PLAN_EVENT_TYPES), { maxLength: 40 });
  void fc.assert(
    fc.property(types, fc.boolean(), (events, isSimplePlan) => {
      let state = isSimplePlan ? createSimplePlan('planning') : createSamplePlan('planning');
      for (const type of events) {
        const decision = decidePlan(state, createPlanEvent(type), createPlanContext());
        if (decision.kind === 'noop') continue;
        const next = decision.state;

        expect(next.run).toBeGreaterThanOrEqual(state.run);
        expect(next.revision).toBeGreaterThanOrEqual(state.revision);
        expect(next.revisionTags).toHaveLength(next.revision);
        expect(next.last).toMatchObject({ from: state.status, to: next.status, event: type });
        if (next.status === 'active') expect(next.approved).toBeDefined();
        if (next.run > state.run) expect(type).toBe('restarted');
        state = next;
      }
    }),
    { numRuns: 400 },
  );
});

function createSimplePlan(status: PlanStatus, conditions: PlanState['conditions'] = []): PlanState {
  const plan = createSamplePlan(status, { conditions });
  if (plan.verdict === undefined) throw new Error('the sample has no verdict');
  return { ...plan, verdict: { ...plan.verdict, complexity: 'simple' } };
}

function createCondition(code: string): PlanState['conditions'][number] {
  return { level: 'error', code, message: code, at: 1 };
}
