import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createTaskStateFixture,
  FIXTURE_PLAN,
} from '../../../test/support/engine/engine-fixture.ts';
import { AppError } from '../../base/app-error.ts';
import { taskSpecSchema } from '../../contract/task.ts';
import { forecastGraph } from '../../graph/forecast/forecast-graph.ts';
import { loadPlan, putRevision } from '../../store/plan-store.ts';
import { reconcilePlan } from './reconcile-plan.ts';
import { stopRuns } from './stop-runs.ts';

test('cancels all tasks of a large stopped run with a single read of its graph', async () => {
  let revisionReads = 0;
  const { deps, putPlan, putTask, task } = createEngineFixture({
    forge: { findPull: async () => undefined },
    table: {
      beforeEffect: (operation, key) => {
        if (operation === 'get' && key.sk.startsWith('REV#')) revisionReads += 1;
      },
    },
  });
  const ids = Array.from({ length: 650 }, (_, n) => `t${n}`);
  const tasks = ids.map((id) => taskSpecSchema.parse({ id, description: 'x' }));
  const forecastOptions = { slots: 1, tokensPerMinute: 1, usdPerToken: null, unorderedPairs: [] };
  const forecast = forecastGraph(tasks, [], forecastOptions);
  const revision = { revision: 1, by: 'ada', at: 1, note: '', tasks, edges: [], forecast };
  await putRevision(deps.table, FIXTURE_PLAN, 'x', revision);
  const stoppingRuns = [{ run: 1, revision: 1, reason: 'enough', cursor: 0, dueAt: 0 }];
  await putPlan({ status: 'cancelled', stoppingRuns });
  for (const id of ids) await putTask({ ...createTaskStateFixture(), task: id });

  const plan = await loadPlan(deps.table, FIXTURE_PLAN);
  if (plan === undefined) throw new Error('no plan');
  await stopRuns(deps, plan.state);

  const statuses = await Promise.all(ids.map(async (id) => (await task(id)).state.status));
  expect(new Set(statuses)).toEqual(new Set(['cancelled']));
  expect(revisionReads).toBe(1);
});

test('stops a run and completes its cleanup even if the repository was deleted', async () => {
  const failNotFound = async () => {
    throw new AppError('notFound', 'forge_not_found', 'no repository acme/shop');
  };
  const { deps, putPlan, advance } = createEngineFixture({
    forge: { findPull: failNotFound, listBranches: failNotFound },
  });
  const stoppingRuns = [{ run: 1, revision: 0, reason: 'enough', cursor: 0, dueAt: 0 }];
  await putPlan({ status: 'cancelled', stoppingRuns });

  for (let pass = 0; pass < 4; pass += 1) {
    await reconcilePlan(deps, FIXTURE_PLAN);
    advance(deps.settings.keepDays * 86_400_000);
  }

  const plan = (await loadPlan(deps.table, FIXTURE_PLAN))?.state;
  expect(plan).toMatchObject({ stoppingRuns: [], consecutiveEngineFailures: 0 });
  await reconcilePlan(deps, FIXTURE_PLAN);
  expect((await loadPlan(deps.table, FIXTURE_PLAN))?.state.pendingCleanups).toEqual([]);
});

test('retries a failed deletion of branches at growing intervals', async () => {
  let deletions = 0;
  const { deps, putPlan, advance } = createEngineFixture({
    forge: {
      listBranches: async () => {
        deletions += 1;
        throw new AppError('refused', 'forge_refused', 'the repository is archived');
      },
    },
  });
  await putPlan({ status: 'cancelled', pendingCleanups: [{ run: 1, at: 0 }] });

  for (let quarterHour = 0; quarterHour < 4 * 24 * 10; quarterHour += 1) {
    await reconcilePlan(deps, FIXTURE_PLAN);
    advance(900_000);
  }

  expect(deletions).toBeGreaterThan(10);
  expect(deletions).toBeLessThan(20);
});
