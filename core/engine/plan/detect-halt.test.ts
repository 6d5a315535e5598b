import { expect, test } from 'vitest';
import { createEngineFixture, FIXTURE_PLAN } from '../../../test/support/engine/engine-fixture.ts';
import { loadPlan, readPlan } from '../../store/plan-store.ts';
import { ACTIVE_PLANS, PLANS_AWAITING_PERSON } from '../../topology/table-keys.ts';
import { applyTask } from '../apply/apply-transition.ts';
import { retryTask } from '../command/task-commands.ts';
import { detectHalt } from './detect-halt.ts';

async function createHaltedPlan() {
  const fixture = createEngineFixture();
  await fixture.putPlan();
  await fixture.putTask({ status: 'blocked' });
  const checkHalt = async () => {
    const plan = await loadPlan(fixture.table, FIXTURE_PLAN);
    if (plan !== undefined) await detectHalt(fixture.deps, plan);
  };
  const listPlanIds = async (indexKey: string) => {
    const page = await fixture.table.queryIndex('ready', indexKey);
    return page.items.map((item) => readPlan(item).state.id);
  };
  return { ...fixture, checkHalt, listPlanIds };
}

test('people are notified of a halt after a second check a minute later', async () => {
  const { checkHalt, table, advance } = await createHaltedPlan();

  await checkHalt();
  expect((await loadPlan(table, FIXTURE_PLAN))?.state.haltNotified).toBeUndefined();
  advance(60_000);
  await checkHalt();

  const plan = (await loadPlan(table, FIXTURE_PLAN))?.state;
  expect(plan?.haltNotified).toBe(true);
  expect(plan?.conditions.map((condition) => condition.code)).toEqual(['plan_halted']);
});

test('a halted plan is listed among the plans that wait for a person, not among the scheduled plans, until a task is retried', async () => {
  const { deps, checkHalt, listPlanIds, advance } = await createHaltedPlan();
  await checkHalt();
  advance(60_000);
  await checkHalt();

  expect(await listPlanIds(ACTIVE_PLANS)).toEqual([]);
  expect(await listPlanIds(PLANS_AWAITING_PERSON)).toEqual([FIXTURE_PLAN]);

  await retryTask(deps, FIXTURE_PLAN, 'one', 'ann@example.com');

  expect(await listPlanIds(ACTIVE_PLANS)).toEqual([FIXTURE_PLAN]);
  expect(await listPlanIds(PLANS_AWAITING_PERSON)).toEqual([]);
});

test('an outdated index does not halt a plan in which a task was retried meanwhile', async () => {
  const { deps, checkHalt, listPlanIds, table, advance } = await createHaltedPlan();
  await checkHalt();
  advance(60_000);
  const planBeforeRetry = await loadPlan(table, FIXTURE_PLAN);
  const depsWithOldIndex = {
    ...deps,
    table: { ...table, queryIndex: async () => ({ items: [] }) },
  };

  await retryTask(deps, FIXTURE_PLAN, 'one', 'ann@example.com');
  await checkHalt();
  if (planBeforeRetry !== undefined) await detectHalt(depsWithOldIndex, planBeforeRetry);

  expect(await listPlanIds(ACTIVE_PLANS)).toEqual([FIXTURE_PLAN]);
});

test('the next check clears the halt of a plan in which a task was retried', async () => {
  const { checkHalt, listPlanIds, putPlan, putTask, deps, table } = await createHaltedPlan();
  await table.delete({ pk: `PLAN#${FIXTURE_PLAN}`, sk: 'HEAD' });
  await putPlan({ haltNotified: true });
  await putTask({ task: 'two', status: 'blocked' });
  expect(await listPlanIds(ACTIVE_PLANS)).toEqual([]);
  await applyTask(
    deps,
    { plan: FIXTURE_PLAN, run: 1, task: 'two' },
    { type: 'retry' },
    { actor: 'ann@example.com' },
  );

  await checkHalt();

  expect(await listPlanIds(ACTIVE_PLANS)).toEqual([FIXTURE_PLAN]);
});
