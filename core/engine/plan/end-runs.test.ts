import { expect, test } from 'vitest';
import {
  createEngineFixture,
  FIXTURE_PLAN,
  taskStateFixture,
} from '../../../test/support/engine-fixture.ts';
import { taskSpecSchema } from '../../contract/task.ts';
import { forecastGraph } from '../../graph/forecast.ts';
import { loadPlan, putRevision } from '../../store/plan-store.ts';
import { endRuns } from './end-runs.ts';

test('a stopped run of many tasks is cancelled with one reading of its graph', async () => {
  let readings = 0;
  const { deps, putPlan, putTask, task } = createEngineFixture({
    forge: { findPull: async () => undefined },
    table: {
      beforeEffect: (operation, key) => {
        if (operation === 'get' && key.sk.startsWith('REV#')) readings += 1;
      },
    },
  });
  const ids = Array.from({ length: 650 }, (_, n) => `t${n}`);
  const tasks = ids.map((id) => taskSpecSchema.parse({ id, description: 'x' }));
  const asked = { slots: 1, tokensPerMinute: 1, usdPerToken: null, remaining: [] };
  const forecast = forecastGraph(tasks, [], asked);
  const revision = { revision: 1, by: 'ada', at: 1, note: '', tasks, edges: [], forecast };
  await putRevision(deps.table, FIXTURE_PLAN, 'x', revision);
  const ending = [{ run: 1, revision: 1, reason: 'enough', cursor: 0, dueAt: 0 }];
  await putPlan({ status: 'cancelled', ending });
  for (const id of ids) await putTask({ ...taskStateFixture(), task: id });

  const plan = await loadPlan(deps.table, FIXTURE_PLAN);
  if (plan === undefined) throw new Error('no plan');
  await endRuns(deps, plan);

  const statuses = await Promise.all(ids.map(async (id) => (await task(id)).state.status));
  expect(new Set(statuses)).toEqual(new Set(['cancelled']));
  expect(readings).toBe(1);
});
