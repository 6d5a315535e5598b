import { expect, test } from 'vitest';
import { createEngineFixture, FIXTURE_PLAN } from '../../../test/support/engine/engine-fixture.ts';
import { AppError } from '../../base/app-error.ts';
import { loadPlan } from '../../store/plan-store.ts';
import { formatForgeSystem, loadPauses, MODEL_SYSTEM } from '../../store/system-store.ts';
import { runPlanning } from './run-planning.ts';

/** A plan whose next step is answered with this error. */
async function runFailingPlanning(error: AppError) {
  const fixture = createEngineFixture({
    forge: {
      readRepository: async () => {
        throw error;
      },
    },
  });
  const { deps, table } = fixture;
  await fixture.putPlan({ status: 'planning', planning: { stage: 'queued', faults: 0 } });
  const complete = async () => {
    throw error;
  };
  await runPlanning({ ...deps, llm: { complete } }, FIXTURE_PLAN);
  const plan = await loadPlan(table, FIXTURE_PLAN);
  return { plan: plan?.state, pauses: await loadPauses(table, deps.clock.now()), deps };
}

test('a rejected credential pauses the planning and the repositories of its owner only', async () => {
  const { plan, pauses, deps } = await runFailingPlanning(
    new AppError('auth', 'forge_credential', 'bad credentials'),
  );

  expect(pauses.map(({ what }) => what)).toEqual([formatForgeSystem('local', 'acme/shop')]);
  expect(plan?.planning.parkedUntil).toBe(deps.clock.now() + 60_000);
});

test('a pause of a day that a model asks for is limited to a quarter of an hour', async () => {
  const until = 1_000_000_000 + 86_400_000;
  const { plan, pauses, deps } = await runFailingPlanning(
    new AppError('paused', 'model_rate_limited', 'slow down', { details: { until } }),
  );

  const quarter = deps.clock.now() + 900_000;
  expect(pauses).toMatchObject([{ what: MODEL_SYSTEM, until: quarter }]);
  expect(plan?.planning.parkedUntil).toBe(quarter);
});

test.each([
  ['store_throttled', new AppError('paused', 'store_throttled', 'the store asks for a pause')],
  ['model_key_refused', new AppError('auth', 'model_key_refused', 'no key for this model')],
])('%s holds up this plan alone', async (_code, error) => {
  const { plan, pauses } = await runFailingPlanning(error);

  expect(pauses).toEqual([]);
  expect(plan?.planning.parkedUntil).toBeDefined();
});
