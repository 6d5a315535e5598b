import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyPlanEvent,
  createPlanContext,
  createPlanEvent,
  createSamplePlan,
  createSimplePlan,
  isPlanNoop,
  SAMPLE_RUN,
} from '../../test/support/engine/plan-sample.ts';
import type { PlanStatus } from '../contract/plan-status.ts';
import { PLAN_STATUSES } from '../contract/plan-status.ts';
import { decidePlan } from './decide-plan.ts';
import type { PlanEventType } from './plan-event.ts';
import { PLAN_EVENT_TYPES } from './plan-event.ts';

const { now: NOW } = createPlanContext();

/** Expected status after each event in each status. An event without an entry changes nothing. */
const EXPECTED_STATUSES: Record<PlanStatus, Partial<Record<PlanEventType, PlanStatus>>> = {
  planning: {
    base_checked: 'planning',
    decomposed: 'pending_approval',
    planning_parked: 'planning',
    planning_retried: 'planning',
    planning_unparked: 'planning',
    planning_failed: 'failed',
    cancelled: 'cancelled',
  },
  pending_approval: {
    base_checked: 'pending_approval',
    edited: 'pending_approval',
    approved: 'activating',
    rejected: 'rejected',
    closed: 'closed',
    cancelled: 'cancelled',
  },
  activating: {
    base_checked: 'activating',
    activating: 'activating',
    activated: 'active',
    cancelled: 'cancelled',
  },
  active: {
    base_checked: 'active',
    released: 'active',
    root_pull_opened: 'active',
    retargeted: 'active',
    halt_suspected: 'active',
    budget_low: 'active',
    budget_used: 'active',
    completed: 'complete',
    cancelled: 'cancelled',
    restarted: 'activating',
  },
  complete: {
    pulls_changed: 'complete',
    retargeted: 'complete',
    delivered: 'complete',
    sent_back: 'active',
    closed: 'closed',
    restarted: 'activating',
  },
  rejected: { restarted: 'planning', closed: 'closed' },
  cancelled: { restarted: 'activating', closed: 'closed' },
  failed: { restarted: 'activating', closed: 'closed' },
  closed: { restarted: 'activating' },
};

/** Events accepted in every status, without a change of the status. */
const BOOKKEEPING_EVENTS: readonly PlanEventType[] = [
  'branches_cleaned_up',
  'budget_changed',
  'step_faulted',
];
/** Event that changes nothing unless a run is being stopped. */
const STOPPING_EVENT: PlanEventType = 'run_stopping';

const PAIRS = PLAN_STATUSES.flatMap((status) => PLAN_EVENT_TYPES.map((type) => ({ status, type })));

describe('the state table of plans', () => {
  test.each(PAIRS)(
    'event $type in status $status leads to the expected status',
    ({ status, type }) => {
      const decision = decidePlan(
        createSamplePlan(status),
        createPlanEvent(type),
        createPlanContext(),
      );

      const to = decision.kind === 'changed' ? decision.state.status : undefined;
      const expected = BOOKKEEPING_EVENTS.includes(type) ? status : EXPECTED_STATUSES[status][type];
      expect(to).toBe(expected);
    },
  );

  test.each(PLAN_STATUSES)('a plan that is %s accepts the progress of a stopping run', (status) => {
    const stoppingRuns = [{ run: 1, revision: 1, reason: 'enough', cursor: 0, dueAt: 0 }];

    const stopping = applyPlanEvent(
      createSamplePlan(status, { stoppingRuns }),
      createPlanEvent(STOPPING_EVENT),
    );

    expect(stopping).toMatchObject({ status, stoppingRuns: [{ run: 1, isFirstPassDone: true }] });
  });

  test('a transition records its event, actor, version and reason', () => {
    const rejected = applyPlanEvent(
      createSamplePlan('pending_approval'),
      createPlanEvent('rejected'),
    );

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
  ] as const)('event %s of an earlier run changes nothing', (type) => {
    const event = createPlanEvent(type, { run: SAMPLE_RUN - 1 } as never);

    for (const status of PLAN_STATUSES)
      expect(isPlanNoop(createSamplePlan(status), event)).toBe(true);
  });
});

test('the numbers of runs and revisions never fall in any history of events', () => {
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
        if (next.status === 'active') expect(next.approvedRevision).toBeDefined();
        if (next.run > state.run) expect(type).toBe('restarted');
        state = next;
      }
    }),
    { numRuns: 400 },
  );
});
