import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createPlanStateFixture,
  createTaskStateFixture,
} from '../../../test/support/engine/engine-fixture.ts';
import { taskSpecSchema } from '../../contract/task.ts';
import { forecastGraph } from '../../graph/forecast/forecast-graph.ts';
import { putRevision } from '../../store/plan-store.ts';
import { findForeignScopes } from './find-foreign-scopes.ts';

const FORECAST = { slots: 1, tokensPerMinute: 1, usdPerToken: null, unorderedPairs: [] };

test('returns the scopes of tasks that run neither before nor after this task', async () => {
  const { deps } = createEngineFixture();
  const plan = {
    ...createPlanStateFixture(),
    activation: { stored: 5, released: 5, total: 5, hasRootBranches: true },
  };
  const tasks = [
    { id: 'before', scope: ['a/'] },
    { id: 'one', dependsOn: ['before'], scope: ['b/'] },
    { id: 'after', dependsOn: ['one'], scope: ['c/'] },
    { id: 'beside', scope: ['d/'] },
  ].map((task) => taskSpecSchema.parse({ description: 'x', ...task }));
  const forecast = forecastGraph(tasks, [], FORECAST);
  await putRevision(deps.table, plan.id, 'x', {
    revision: 1,
    by: 'ada',
    at: 1,
    note: '',
    tasks,
    edges: [],
    forecast,
  });

  expect(await findForeignScopes(deps, plan, createTaskStateFixture())).toEqual([
    { task: 'beside', scope: ['d/'] },
  ]);
});

test('reads nothing for a large plan', async () => {
  const { deps } = createEngineFixture({
    table: {
      beforeEffect: () => {
        throw new Error('the table was read');
      },
    },
  });
  const activation = { stored: 9_000, released: 9_000, total: 9_000, hasRootBranches: true };

  expect(
    await findForeignScopes(
      deps,
      { ...createPlanStateFixture(), activation },
      createTaskStateFixture(),
    ),
  ).toEqual([]);
});
