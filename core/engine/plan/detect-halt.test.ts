import { expect, test } from 'vitest';
import { createEngineFixture, FIXTURE_PLAN } from '../../../test/support/engine/engine-fixture.ts';
import { loadPlan, readPlan } from '../../store/plan-store.ts';
import { ACTIVE_PLANS, OPEN_PLANS } from '../../topology/table-keys.ts';
import { applyTask } from '../apply/apply-task.ts';
import { retryTask } from '../command/task-commands.ts';
import { detectHalt } from './detect-halt.ts';

async function createHaltedPlan() {
  const stage = createEngineFixture();
  await stage.putPlan();
  await stage.putTask({ status: 'blocked' });
  const look = async () => {
    const plan = await loadPlan(stage.table, FIXTURE_PLAN);
    if (plan !== undefined) await detectHalt(stage.deps, plan);
  };
  const listed = async (list: string) => {
    const page = await stage.table.index('ready', list);
    return page.items.map((item) => readPlan(item).state.id);
  };
  return { ...stage, look, listed };
}

test('a halt is announced after a second look a minute later', async () => {
  const { look, table, advance } = await createHaltedPlan();

  await look();
  expect((await loadPlan(table, FIXTURE_PLAN))?.state.haltNotified).toBeUndefined();
  advance(60_000);
  await look();

  const plan = (await loadPlan(table, FIXTURE_PLAN))?.state;
  expect(plan?.haltNotified).toBe(true);
  expect(plan?.conditions.map((condition) => condition.code)).toEqual(['plan_halted']);
});

test('a halted plan is polled at its forge but not scheduled, until a retry resumes it', async () => {
  const { deps, look, listed, advance } = await createHaltedPlan();
  await look();
  advance(60_000);
  await look();

  expect(await listed(ACTIVE_PLANS)).toEqual([]);
  expect(await listed(OPEN_PLANS)).toEqual([FIXTURE_PLAN]);

  await retryTask(deps, FIXTURE_PLAN, 'one', 'ann@example.com');

  expect(await listed(ACTIVE_PLANS)).toEqual([FIXTURE_PLAN]);
  expect(await listed(OPEN_PLANS)).toEqual([]);
});

test('an outdated index does not halt a plan that has moved meanwhile', async () => {
  const { deps, look, listed, table, advance } = await createHaltedPlan();
  await look();
  advance(60_000);
  const seen = await loadPlan(table, FIXTURE_PLAN);
  const late = { ...deps, table: { ...table, index: async () => ({ items: [] }) } };

  await retryTask(deps, FIXTURE_PLAN, 'one', 'ann@example.com');
  await look();
  if (seen !== undefined) await detectHalt(late, seen);

  expect(await listed(ACTIVE_PLANS)).toEqual([FIXTURE_PLAN]);
});

test('the next look clears the halt of a plan in which a task moves again', async () => {
  const { look, listed, putPlan, putTask, deps, table } = await createHaltedPlan();
  await table.delete({ pk: `PLAN#${FIXTURE_PLAN}`, sk: 'HEAD' });
  await putPlan({ haltNotified: true });
  await putTask({ task: 'two', status: 'blocked' });
  expect(await listed(ACTIVE_PLANS)).toEqual([]);
  await applyTask(
    deps,
    { plan: FIXTURE_PLAN, run: 1, task: 'two' },
    { type: 'retry' },
    { actor: 'ann@example.com' },
  );

  await look();

  expect(await listed(ACTIVE_PLANS)).toEqual([FIXTURE_PLAN]);
});
