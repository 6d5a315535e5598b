import { expect, test } from 'vitest';
import { createEngineFixture, FIXTURE_PLAN } from '../../../test/support/engine/engine-fixture.ts';
import { loadPlan } from '../../store/plan-store.ts';
import { restartPlan } from './restart-plan.ts';

test('a repeated restart request starts only one run', async () => {
  const { deps, putPlan } = createEngineFixture();
  await putPlan({ status: 'cancelled', revision: 1, approvedRevision: 1, run: 3 });

  const first = await restartPlan(deps, FIXTURE_PLAN, 3, 'ann@example.com');
  const repeated = await restartPlan(deps, FIXTURE_PLAN, 3, 'ann@example.com');

  expect(first.state).toMatchObject({ status: 'activating', run: 4 });
  expect(repeated).toEqual(first);
});

test('a restart of a former run is refused with the number of the current run', async () => {
  const { deps, table, putPlan } = createEngineFixture();
  await putPlan({ status: 'cancelled', revision: 1, approvedRevision: 1, run: 3 });
  const before = await loadPlan(table, FIXTURE_PLAN);

  const restart = restartPlan(deps, FIXTURE_PLAN, 1, 'ann@example.com');

  await expect(restart).rejects.toMatchObject({ code: 'plan_run', details: { run: 3 } });
  expect(await loadPlan(table, FIXTURE_PLAN)).toEqual(before);
});
