import { expect, test } from 'vitest';
import type { EngineFixture } from '../../../test/support/engine/engine-fixture.ts';
import {
  createEngineFixture,
  createPlanStateFixture,
  FIXTURE_PLAN,
  SHA,
  STARTING_LAUNCHER,
} from '../../../test/support/engine/engine-fixture.ts';
import type { AttemptResult } from '../../contract/attempt.ts';
import { computeSpending, isOverBudget } from '../../plan-state/plan-state.ts';
import { loadPlan } from '../../store/plan-store.ts';
import { addLiveSpending } from '../../store/spending-store.ts';
import { NO_USAGE } from '../../task-state/task-state.ts';
import { KEY as TABLE_KEY } from '../../topology/table-keys.ts';
import { applyTask, requirePlan } from '../apply/apply-transition.ts';
import { changeBudget } from '../command/change-budget.ts';
import { loseAttempt } from '../launch/attempt-pod.ts';
import { scheduleTasks } from '../schedule/schedule-tasks.ts';
import { acceptResult, recordHeartbeat } from './attempt-callbacks.ts';
import { startAttempt } from './start-attempt.ts';

const KEY = { plan: FIXTURE_PLAN, run: 1, task: 'one', attemptNumber: 1 };
const BUDGET = { maxTokens: 1_000, maxUsd: 2 };

function createUsage(tokens: number) {
  return { ...NO_USAGE, inputTokens: tokens, usd: tokens / 1_000, turns: 1 };
}

function createFailure(cause: 'agent' | 'budget', tokens: number): AttemptResult {
  const usage = createUsage(tokens);
  return { outcome: 'failed', cause, reason: 'no', files: [], leftOut: [], usage };
}

async function createBudgetFixture(
  budget: { readonly maxTokens?: number; readonly maxUsd?: number } = BUDGET,
) {
  const fixture = createEngineFixture({
    forge: { readBranchHead: async () => SHA },
    launcher: STARTING_LAUNCHER,
  });
  const { options } = createPlanStateFixture();
  await fixture.putPlan({ options: { ...options, budget } });
  await fixture.putTask();
  await claimAndStart(fixture, 1);
  return fixture;
}

async function claimAndStart({ deps }: EngineFixture, attemptNumber: number) {
  const claim = { n: attemptNumber, kind: 'work', leaseUntil: 2e9 } as const;
  await applyTask(deps, KEY, { type: 'claimed', ...claim }, { actor: 'scheduler' });
  return startAttempt(deps, { ...KEY, attemptNumber });
}

function beat({ deps }: EngineFixture, tokens: number) {
  const usage = createUsage(tokens);
  const rest = { activity: '', progressAt: 1, messagesSeen: 0 };
  return recordHeartbeat(deps, KEY, { phase: 'agent', usage, ...rest });
}

async function readSpentTokens({ deps }: EngineFixture): Promise<number> {
  const plan = await requirePlan(deps, FIXTURE_PLAN);
  return computeSpending(await addLiveSpending(deps.table, plan)).tokens;
}

test('a running attempt learns at each heartbeat what the budget still allows', async () => {
  const fixture = await createBudgetFixture();

  expect((await beat(fixture, 400)).budget).toEqual({ tokens: 1_000, usd: 2 });
  await fixture.putTask({ task: 'two', ordinal: 1 });
  const other = { ...KEY, task: 'two' };
  const claim = { n: 1, kind: 'work', leaseUntil: 2e9 } as const;
  await applyTask(fixture.deps, other, { type: 'claimed', ...claim }, { actor: 'scheduler' });
  expect((await startAttempt(fixture.deps, other)).budget).toEqual({ tokens: 600, usd: 1.6 });
  expect(await readSpentTokens(fixture)).toBe(400);
});

test('the usage of a result counts before its transition wakes the scheduler', async () => {
  const fixture = await createBudgetFixture();
  const overBudget: boolean[] = [];
  const { queue, ...deps } = fixture.deps;
  const send: typeof queue.send = async (messages) => {
    const wakesScheduler = messages.some(({ message }) => message.type === 'schedule');
    const plan = await requirePlan(fixture.deps, FIXTURE_PLAN);
    if (wakesScheduler) overBudget.push(isOverBudget(await addLiveSpending(deps.table, plan)));
  };

  await acceptResult({ ...deps, queue: { send } }, KEY, createFailure('agent', 1_200));

  expect(overBudget).toEqual([true]);
  expect((await fixture.task()).state.status).toBe('ready');
  await scheduleTasks(fixture.deps, [KEY]);
  expect((await fixture.task()).state.liveAttempt).toBeUndefined();
});

test.each([
  [
    'reported twice',
    async ({ deps }: EngineFixture) => {
      await acceptResult(deps, KEY, createFailure('agent', 300));
      await acceptResult(deps, KEY, createFailure('agent', 300));
    },
  ],
  [
    'lost',
    async ({ deps, task }: EngineFixture) => {
      const before = await task();
      await loseAttempt(deps, before, 'gone', 'sweep');
      await loseAttempt(deps, before, 'gone', 'sweep');
    },
  ],
] as const)(
  'the usage of an attempt that is %s counts once, and its entry is closed',
  async (_how, end) => {
    const fixture = await createBudgetFixture();
    await beat(fixture, 300);

    await end(fixture);

    expect(await readSpentTokens(fixture)).toBe(300);
    const item = await fixture.table.get(TABLE_KEY.planSpending(FIXTURE_PLAN));
    expect(Object.keys(item ?? {}).filter((name) => name.startsWith('u:'))).toEqual([]);
    expect(await loadPlan(fixture.table, FIXTURE_PLAN)).toMatchObject({ usedTokens: 300 });
  },
);

test('a rest that is too small for a request keeps the task waiting until the budget is raised', async () => {
  const fixture = await createBudgetFixture();
  const { deps, task } = fixture;

  await acceptResult(deps, KEY, createFailure('budget', 900));
  await scheduleTasks(deps, [KEY]);
  expect((await task()).state).toMatchObject({ status: 'ready', attempt: 1 });

  await changeBudget(deps, FIXTURE_PLAN, { maxTokens: 3_000 }, 'ada');
  await scheduleTasks(deps, [KEY]);
  expect((await task()).state).toMatchObject({ status: 'claimed', attempt: 2 });
});

test('an attempt that does not know the raised budget yet does not stop the plan', async () => {
  const fixture = await createBudgetFixture();
  fixture.advance(1);
  await changeBudget(fixture.deps, FIXTURE_PLAN, { maxTokens: 3_000 }, 'ada');

  await acceptResult(fixture.deps, KEY, createFailure('budget', 1_000));

  expect(isOverBudget(await requirePlan(fixture.deps, FIXTURE_PLAN))).toBe(false);
});

test('a plan without a budget has no spending item, until it gets a budget for its running attempts', async () => {
  const fixture = await createBudgetFixture({});
  const { deps, table } = fixture;

  expect((await beat(fixture, 400)).budget).toBeUndefined();
  expect(await table.get(TABLE_KEY.planSpending(FIXTURE_PLAN))).toBeUndefined();

  await table.put({
    ...TABLE_KEY.slots(),
    v: 1,
    holders: { [`${FIXTURE_PLAN}.r1.one.1`]: '1|acme/shop' },
  });
  await changeBudget(deps, FIXTURE_PLAN, BUDGET, 'ada');
  expect(await readSpentTokens(fixture)).toBe(400);
  expect((await beat(fixture, 700)).budget).toEqual({ tokens: 1_000, usd: 2 });
  expect(await readSpentTokens(fixture)).toBe(700);
});

test('a budget below the used amount is refused', async () => {
  const fixture = await createBudgetFixture();
  await beat(fixture, 700);

  const change = changeBudget(fixture.deps, FIXTURE_PLAN, { maxTokens: 700 }, 'ada');

  await expect(change).rejects.toMatchObject({
    code: 'budget_too_small',
    details: { spent: { tokens: 700, usd: 0.7 } },
  });
});
