import { describe, expect, test } from 'vitest';
import {
  createPlanStateFixture,
  createTaskStateFixture,
  FIXTURE_PLAN,
  FIXTURE_REPO,
} from '../../../test/support/engine/engine-fixture.ts';
import { waitingSchema } from '../../contract/waiting.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { MODEL_SYSTEM } from '../../store/system-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { buildTaskWaiting, listPlanWaiting } from './build-waiting.ts';

const PULL = { number: 7, nodeId: 'PR_7', url: 'https://forge.test/pull/7' };
const QUESTION = {
  id: 'q1',
  text: 'Which colour?\nBlue or grey?',
  options: [],
  default: 'grey',
  timeoutAt: 9_000,
};
const PAUSE = { system: MODEL_SYSTEM, until: 5_000, reason: 'quota' };

function createTask(change: Partial<TaskState>): TaskState {
  return { ...createTaskStateFixture(), ...change };
}

function createStoredTask(change: Partial<TaskState>): StoredTask {
  return {
    state: createTask(change),
    version: 1,
    recentTransitions: [],
    unmergedDependencies: [],
    dependentsReleased: true,
    pendingNotices: [],
    messageCount: 0,
  };
}

function createStoredPlan(change: Partial<PlanState> = {}): StoredPlan {
  return {
    state: { ...createPlanStateFixture(), ...change },
    version: 1,
    usedTokens: 0,
    usedUsd: 0,
    pendingNotices: [],
  };
}

const UNCOMMITTED = { folder: 'build', count: 2, cause: 'ignored' as const, examples: [] };

describe('buildTaskWaiting', () => {
  test.each([
    [
      'a task with a question',
      { status: 'awaiting_input', question: QUESTION },
      { kind: 'answer', question: 'q1', until: 9_000, reason: 'Which colour?' },
    ],
    [
      'a task without changes',
      { status: 'in_review', noChange: true, simple: true, uncommitted: [UNCOMMITTED] },
      {
        kind: 'no_change',
        uncommitted: [UNCOMMITTED],
        actions: ['approve', 'request_changes', 'cancel'],
      },
    ],
    [
      'a task in review',
      { status: 'in_review', pull: PULL },
      {
        kind: 'review',
        pull: { repo: FIXTURE_REPO, number: 7, url: PULL.url },
        actions: ['approve', 'request_changes'],
      },
    ],
    [
      'a blocked task',
      { status: 'blocked', reason: { code: 'rule', text: 'a rule\nof the forge' } },
      { kind: 'unblock', code: 'rule', reason: 'a rule', actions: ['retry', 'cancel'] },
    ],
    [
      'a failed task with a long reason',
      { status: 'failed', reason: { code: 'gone', text: 'x'.repeat(300) } },
      { kind: 'retry', outcome: 'failed', reason: `${'x'.repeat(199)}…` },
    ],
  ] as const)('%s waits for a person', (_name, change, expected) => {
    const waiting = buildTaskWaiting(createTask(change));

    expect(waiting).toMatchObject({ plan: FIXTURE_PLAN, task: 'one', ...expected });
    expect(waitingSchema.safeParse(waiting).success).toBe(true);
  });

  test.each([
    { status: 'working' },
    { status: 'pr_open' },
    { status: 'cancelled' },
    { status: 'in_review', simple: true },
  ] as const)('a task with %j waits for no person', (change) => {
    expect(buildTaskWaiting(createTask(change))).toBeUndefined();
  });
});

describe('listPlanWaiting', () => {
  test('an active plan waits for a message while the agent of a conversation waits', () => {
    const plan = createStoredPlan({ status: 'active' });

    const waiting = listPlanWaiting(plan, { conversation: 'main' });

    expect(waiting).toEqual([
      { kind: 'conversation', plan: plan.state.id, task: 'main', actions: ['message', 'finish'] },
    ]);
    expect(waitingSchema.safeParse(waiting[0]).success).toBe(true);
    expect(listPlanWaiting(plan, {})).toEqual([]);
  });

  test('a plan that awaits approval names the revision', () => {
    const plan = createStoredPlan({ status: 'pending_approval', revision: 3 });

    expect(listPlanWaiting(plan, {})).toEqual([
      { kind: 'approval', plan: FIXTURE_PLAN, revision: 3, actions: ['approve', 'reject'] },
    ]);
  });

  test('a failed plan offers a restart', () => {
    const plan = createStoredPlan({ status: 'failed', reason: 'no graph' });

    expect(listPlanWaiting(plan, {})).toMatchObject([
      { kind: 'retry', outcome: 'failed', reason: 'no graph', actions: ['restart'] },
    ]);
  });

  test('a complete plan names the repository, the branch and the number of each open pull request', () => {
    const pull = {
      repo: FIXTURE_REPO,
      branch: 'smol-gang/p-r1/root',
      number: 4,
      url: PULL.url,
      ready: true,
      state: 'open',
    } as const;
    const plan = createStoredPlan({
      status: 'complete',
      pulls: [pull, { ...pull, repo: 'acme/other', state: 'merged' }],
    });

    const waiting = listPlanWaiting(plan, {});

    expect(waiting).toMatchObject([
      { kind: 'merge', repo: FIXTURE_REPO, branch: pull.branch, number: 4, actions: ['merge'] },
    ]);
    expect(waitingSchema.safeParse(waiting[0]).success).toBe(true);
  });

  test('an active plan lists its used-up budget and its cancelled tasks', () => {
    const options = { ...createPlanStateFixture().options, budget: { maxTokens: 10 } };
    const plan = { ...createStoredPlan({ status: 'active', options }), usedTokens: 12 };
    const tasks = [
      createStoredTask({ task: 'a', status: 'cancelled' }),
      createStoredTask({ task: 'b', status: 'merged' }),
    ];

    expect(listPlanWaiting(plan, { tasks })).toMatchObject([
      { kind: 'budget', usedTokens: 12, maxTokens: 10, actions: ['raise_budget'] },
      { kind: 'retry', task: 'a', outcome: 'cancelled', actions: ['retry'] },
    ]);
  });

  test('a plan waits for a paused model only while it needs the model', () => {
    const listModelWaiting = (change: Partial<PlanState>) =>
      listPlanWaiting(createStoredPlan(change), { pauses: [PAUSE] }).filter(
        ({ kind }) => kind === 'model',
      );
    const parked = { stage: 'explore', consecutiveFailures: 0, parkedUntil: 5_000 } as const;
    const expected = [
      { kind: 'model', plan: FIXTURE_PLAN, until: 5_000, reason: 'quota', actions: ['recover'] },
    ];

    expect(listModelWaiting({ status: 'active' })).toEqual(expected);
    expect(listModelWaiting({ status: 'planning', planning: parked })).toEqual(expected);
    expect(listModelWaiting({ status: 'pending_approval' })).toEqual([]);
    expect(listModelWaiting({ status: 'complete' })).toEqual([]);
  });
});
