import { expect, test } from 'vitest';
import { createPlanStateFixture } from '../../test/support/engine/engine-fixture.ts';
import { createMemoryTable } from '../../test/support/store/memory-table.ts';
import { taskSpecSchema } from '../contract/task.ts';
import { forecastGraph } from '../graph/forecast/forecast-graph.ts';
import { loadPlan, loadRevision, putNewPlan, putRevision } from './plan-store.ts';

function createForecast(count: number) {
  const tasks = Array.from({ length: count }, (_, index) =>
    taskSpecSchema.parse({ id: `task-with-a-rather-long-name-${index}`, description: 'Do it.' }),
  );
  return {
    tasks,
    forecast: forecastGraph(tasks, [], {
      slots: 4,
      tokensPerMinute: 1,
      usdPerToken: null,
      unorderedPairs: [],
    }),
  };
}

test('the item of a large plan omits the lists of the forecast, and the revision keeps the whole forecast', async () => {
  const table = createMemoryTable();
  const { tasks, forecast } = createForecast(10_000);
  const state = { ...createPlanStateFixture(), forecast };

  await putNewPlan(table, state, 1);
  await putRevision(table, state.id, 'x', {
    revision: 1,
    by: 'ada',
    at: 1,
    note: '',
    tasks,
    edges: [],
    forecast,
  });

  const storedForecast = (await loadPlan(table, state.id))?.state.forecast;
  expect(storedForecast).toEqual({ ...forecast, waves: [], criticalPath: [], overlaps: [] });
  expect((await loadRevision(table, state.id, 1, 'x'))?.forecast).toEqual(forecast);
});

test('the item of a small plan has the whole forecast', async () => {
  const table = createMemoryTable();
  const { forecast } = createForecast(12);
  const state = { ...createPlanStateFixture(), forecast };

  await putNewPlan(table, state, 1);

  expect((await loadPlan(table, state.id))?.state.forecast).toEqual(forecast);
});

test('a revision with the longest task in three-byte characters is read back completely', async () => {
  const table = createMemoryTable();
  const spec = taskSpecSchema.parse({
    id: 'long',
    description: '計'.repeat(100_000),
    criteria: Array.from({ length: 50 }, () => '計'.repeat(2_000)),
  });
  const { forecast } = createForecast(1);
  const revision = { revision: 1, by: 'ada', at: 1, note: '', tasks: [spec], edges: [], forecast };

  await putRevision(table, 'p0123456789', 'x', revision);

  expect(await loadRevision(table, 'p0123456789', 1, 'x')).toEqual(revision);
});
