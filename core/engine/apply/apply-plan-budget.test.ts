import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createPlanStateFixture,
  FIXTURE_PLAN,
} from '../../../test/support/engine/engine-fixture.ts';
import { loadPlan } from '../../store/plan-store.ts';
import { NO_USAGE } from '../../task-state/task-state.ts';
import { applyPlan, recordAttemptUsage } from './apply-transition.ts';

const ATTEMPT = { plan: FIXTURE_PLAN, run: 1, task: 'one', attemptNumber: 1 };

async function createBudgetFixture() {
  const fixture = createEngineFixture();
  const { options } = createPlanStateFixture();
  await fixture.putPlan({ options: { ...options, budget: { maxTokens: 100 } } });
  const addTokens = (tokens: number) =>
    recordAttemptUsage(fixture.deps, ATTEMPT, { ...NO_USAGE, inputTokens: tokens });
  const listShares = () =>
    fixture.sent.flatMap((message) =>
      message.type === 'notify' ? [message.notice.details.budgetShare] : [],
    );
  return { ...fixture, addTokens, listShares };
}

test('sends one notice at 80 % of the budget and one at 100 %', async () => {
  const { addTokens, listShares } = await createBudgetFixture();

  for (const tokens of [70, 15, 5, 20, 5]) await addTokens(tokens);

  expect(listShares()).toEqual([0.85, 1.1]);
});

test('usage below 80 % of the budget writes no transition', async () => {
  const { addTokens, table, listShares } = await createBudgetFixture();

  await addTokens(79);

  expect(await loadPlan(table, FIXTURE_PLAN)).toMatchObject({ version: 1, usedTokens: 79 });
  expect(listShares()).toEqual([]);
});

test('sends a notice again at 80 % of a changed budget', async () => {
  const { addTokens, deps, listShares } = await createBudgetFixture();
  await addTokens(90);
  const budget = { maxTokens: 200 };
  await applyPlan(deps, FIXTURE_PLAN, { type: 'budget_changed', budget }, { actor: 'ada' });

  await addTokens(80);

  expect(listShares()).toEqual([0.9, 0.85]);
});
