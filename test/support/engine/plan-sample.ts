import type { PlanStatus } from '../../../core/contract/plan-status.ts';
import { forecastGraph } from '../../../core/graph/forecast/forecast-graph.ts';
import { decidePlan } from '../../../core/plan-state/decide-plan.ts';
import type { PlanContext, PlanEvent, PlanEventType } from '../../../core/plan-state/plan-event.ts';
import type { BaseState, PlanState, RootPull } from '../../../core/plan-state/plan-state.ts';
import { NO_USAGE } from '../../../core/task-state/task-state.ts';
import { createPlanStateFixture, FIXTURE_REPO, SHA } from './engine-fixture.ts';

// Sample plans in each status, and a sample event of each type.

export const SAMPLE_RUN = 2;

export const SAMPLE_PULL: RootPull = {
  repo: FIXTURE_REPO,
  branch: 'smol-gang/p0123456789-r2/root',
  number: 7,
  nodeId: 'PR_7',
  url: 'https://forge.test/7',
  ready: true,
  state: 'open',
};

export const SAMPLE_FORECAST = forecastGraph([], [], {
  slots: 1,
  tokensPerMinute: 1,
  usdPerToken: null,
  unorderedPairs: [],
});

export function createPlanContext(change: Partial<PlanContext> = {}): PlanContext {
  return {
    now: 1_000_000,
    actor: 'ann@example.com',
    version: 9,
    keepDays: 7,
    maxHandlerLifetimeMs: 300_000,
    ...change,
  };
}

/**
 * Creates a complex plan in a status. A plan in `planning` is at its last step. A plan in a status after `pending_approval`, except
 * `rejected`, has an approved revision.
 */
export function createSamplePlan(status: PlanStatus, change: Partial<PlanState> = {}): PlanState {
  const isApproved =
    status !== 'planning' && status !== 'pending_approval' && status !== 'rejected';
  return {
    ...createPlanStateFixture(),
    status,
    run: SAMPLE_RUN,
    verdict: {
      complexity: 'complex',
      reasoning: 'Two services change.',
      confidence: 1,
      estimatedTasks: 2,
      suggestion: '',
      source: 'model',
    },
    approvedRevision: isApproved ? 1 : undefined,
    ...(status === 'planning' ? PLANNING_FIELDS : {}),
    activation: {
      stored: status === 'activating' ? 0 : 3,
      released: 0,
      total: 3,
      hasRootBranches: true,
    },
    pulls: status === 'complete' ? [SAMPLE_PULL] : [],
    ...change,
  };
}

/** Red result of the first run of the base check. */
export const SAMPLE_BASE_RESULT: BaseState = {
  repo: FIXTURE_REPO,
  commit: SHA,
  check: 'pbase000000',
  run: 1,
  status: 'red',
  reason: 'verification failed: npm test ended with exit code 1',
};

const PLANNING_FIELDS: Partial<PlanState> = {
  revision: 0,
  revisionTags: [],
  planning: { stage: 'decompose', consecutiveFailures: 0, parkedUntil: 5 },
};

const SAMPLE_EVENTS: { [T in PlanEventType]: Extract<PlanEvent, { readonly type: T }> } = {
  preflight_done: { type: 'preflight_done', repositories: [], conditions: [] },
  explored: { type: 'explored', repositories: [], base: [] },
  assessed: {
    type: 'assessed',
    verdict: {
      complexity: 'simple',
      reasoning: 'One file changes.',
      confidence: 1,
      estimatedTasks: 1,
      suggestion: '',
      source: 'model',
    },
    usage: { ...NO_USAGE, inputTokens: 10 },
  },
  decomposed: { type: 'decomposed', tag: 'n1', forecast: SAMPLE_FORECAST, summary: 'Two tasks.' },
  planning_parked: { type: 'planning_parked', until: 1_060_000, why: 'the model is overloaded' },
  planning_retried: { type: 'planning_retried', until: 1_002_000, why: 'the connection broke' },
  planning_unparked: { type: 'planning_unparked' },
  planning_failed: { type: 'planning_failed', why: 'the answer has no graph' },
  edited: { type: 'edited', replaces: 1, tag: 'n2', taskCount: 2, forecast: SAMPLE_FORECAST },
  approved: { type: 'approved', revision: 1 },
  rejected: { type: 'rejected', reason: 'too large' },
  cancelled: { type: 'cancelled', reason: 'no longer wanted' },
  closed: { type: 'closed', reason: 'no longer wanted' },
  restarted: { type: 'restarted', run: SAMPLE_RUN },
  activating: { type: 'activating', run: SAMPLE_RUN, stored: 2, total: 3 },
  activated: {
    type: 'activated',
    run: SAMPLE_RUN,
    total: 3,
    finalTasks: [{ task: 'end', repo: FIXTURE_REPO }],
  },
  released: { type: 'released', run: SAMPLE_RUN },
  root_pull_opened: { type: 'root_pull_opened', run: SAMPLE_RUN, pulls: [SAMPLE_PULL] },
  halt_suspected: { type: 'halt_suspected' },
  halted: { type: 'halted', suspectedAt: 500 },
  halt_cleared: { type: 'halt_cleared' },
  completed: { type: 'completed', run: SAMPLE_RUN, pulls: [SAMPLE_PULL] },
  pulls_changed: { type: 'pulls_changed', run: SAMPLE_RUN, pulls: [SAMPLE_PULL] },
  delivered: {
    type: 'delivered',
    run: SAMPLE_RUN,
    pulls: [{ ...SAMPLE_PULL, state: 'merged' }],
  },
  retargeted: { type: 'retargeted', repo: FIXTURE_REPO, base: 'trunk' },
  sent_back: { type: 'sent_back', task: 'main' },
  run_stopping: {
    type: 'run_stopping',
    run: 1,
    isSecondPass: false,
    cursor: 3,
    isPassComplete: true,
  },
  branches_cleaned_up: {
    type: 'branches_cleaned_up',
    results: [{ run: 1, isSecondPass: false, isDeleted: true }],
  },
  budget_changed: { type: 'budget_changed', budget: { maxTokens: 1_000 } },
  budget_low: { type: 'budget_low', share: 0.85 },
  budget_used: { type: 'budget_used', share: 1.1 },
  base_checked: { type: 'base_checked', result: SAMPLE_BASE_RESULT },
  base_accepted: { type: 'base_accepted' },
  step_faulted: { type: 'step_faulted', why: 'the forge answered with nonsense' },
};

export function createPlanEvent<T extends PlanEventType>(
  type: T,
  change: Partial<Extract<PlanEvent, { readonly type: T }>> = {},
): PlanEvent {
  return { ...SAMPLE_EVENTS[type], ...change } as PlanEvent;
}

/** Returns the state after the event. Throws if the event changes nothing. */
export function applyPlanEvent(state: PlanState, event: PlanEvent): PlanState {
  const decision = decidePlan(state, event, createPlanContext());
  if (decision.kind === 'noop')
    throw new Error(
      `the event ${event.type} changed nothing in a plan with the status ${state.status}`,
    );
  return decision.state;
}

/** Returns true if the event changes nothing. */
export function isPlanNoop(state: PlanState, event: PlanEvent): boolean {
  return decidePlan(state, event, createPlanContext()).kind === 'noop';
}

export function createSimplePlan(
  status: PlanStatus,
  conditions: PlanState['conditions'] = [],
): PlanState {
  const plan = createSamplePlan(status, { conditions });
  if (plan.verdict === undefined) throw new Error('the sample has no verdict');
  return { ...plan, verdict: { ...plan.verdict, complexity: 'simple' } };
}

export function createPlanCondition(code: string): PlanState['conditions'][number] {
  return { level: 'error', code, message: code, at: 1 };
}
