import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createPlanStateFixture,
  FIXTURE_PLAN,
} from '../../../test/support/engine/engine-fixture.ts';
import { loadPlan } from '../../store/plan-store.ts';
import { NO_USAGE } from '../../task-state/task-state.ts';
import { applyPlan } from './apply-plan.ts';
import { recordPlanUsage } from './record-usage.ts';

async function createBudgetStage() {
  const fixture = createEngineFixture();
  const { options } = createPlanStateFixture();
  await fixture.putPlan({ options: { ...options, budget: { maxTokens: 100 } } });
  const use = (tokens: number) =>
    recordPlanUsage(fixture.deps, FIXTURE_PLAN, { ...NO_USAGE, inputTokens: tokens });
  const listShares = () =>
    fixture.sent.flatMap((message) =>
      message.type === 'notify' ? [message.notice.details.budgetShare] : [],
    );
  return { ...fixture, use, listShares };
}

test('each limit of the budget is announced once', async () => {
  const { use, listShares } = await createBudgetStage();

  for (const tokens of [70, 15, 5, 20, 5]) await use(tokens);

  expect(listShares()).toEqual([0.85, 1.1]);
});

test('usage below the limits writes no transition', async () => {
  const { use, table, listShares } = await createBudgetStage();

  await use(79);

  expect(await loadPlan(table, FIXTURE_PLAN)).toMatchObject({ version: 1, usedTokens: 79 });
  expect(listShares()).toEqual([]);
});

test('a changed budget is announced again when it is crossed', async () => {
  const { use, deps, listShares } = await createBudgetStage();
  await use(90);
  const budget = { maxTokens: 200 };
  await applyPlan(deps, FIXTURE_PLAN, { type: 'budget_changed', budget }, { actor: 'ada' });

  await use(80);

  expect(listShares()).toEqual([0.9, 0.85]);
});
