import { expect, test } from 'vitest';
import { createEngineFixture, FIXTURE_PLAN } from '../../../test/support/engine/engine-fixture.ts';
import { loadPlan } from '../../store/plan-store.ts';
import { restartPlan } from './restart-plan.ts';

test('the same restart sent twice starts one run', async () => {
  const { deps, putPlan } = createEngineFixture();
  await putPlan({ status: 'cancelled', revision: 1, approved: 1, run: 3 });

  const first = await restartPlan(deps, FIXTURE_PLAN, 3, 'ann@example.com');
  const again = await restartPlan(deps, FIXTURE_PLAN, 3, 'ann@example.com');

  expect(first.state).toMatchObject({ status: 'activating', run: 4 });
  expect(again).toEqual(first);
});

test('a run that is not the newest is refused with the one that is, and nothing is written', async () => {
  const { deps, table, putPlan } = createEngineFixture();
  await putPlan({ status: 'cancelled', revision: 1, approved: 1, run: 3 });
  const before = await loadPlan(table, FIXTURE_PLAN);

  const refused = restartPlan(deps, FIXTURE_PLAN, 1, 'ann@example.com');

  await expect(refused).rejects.toMatchObject({ code: 'plan_run', details: { run: 3 } });
  expect(await loadPlan(table, FIXTURE_PLAN)).toEqual(before);
});
