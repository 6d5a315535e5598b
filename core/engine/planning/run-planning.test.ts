import { expect, test } from 'vitest';
import { createEngineFixture, FIXTURE_PLAN } from '../../../test/support/engine/engine-fixture.ts';
import { AppError } from '../../base/app-error.ts';
import { loadPlan } from '../../store/plan-store.ts';
import { formatForgeSystem, loadPauses, MODEL_SYSTEM } from '../../store/system-store.ts';
import { runPlanning } from './run-planning.ts';

/** Runs planning while the forge and the model throw `error`. */
async function runFailingPlanning(error: AppError) {
  const fixture = createEngineFixture({
    forge: {
      readRepository: async () => {
        throw error;
      },
    },
  });
  const { deps, table } = fixture;
  await fixture.putPlan({
    status: 'planning',
    planning: { stage: 'queued', consecutiveFailures: 0 },
  });
  const complete = async () => {
    throw error;
  };
  await runPlanning({ ...deps, llm: { complete } }, FIXTURE_PLAN);
  const plan = await loadPlan(table, FIXTURE_PLAN);
  return { plan: plan?.state, pauses: await loadPauses(table, deps.clock.now()), deps };
}

test('a rejected forge credential parks the plan and pauses the forge for all repositories of the owner', async () => {
  const { plan, pauses, deps } = await runFailingPlanning(
    new AppError('auth', 'forge_credential', 'bad credentials'),
  );

  expect(pauses.map(({ what }) => what)).toEqual([formatForgeSystem('local', 'acme/shop')]);
  expect(plan?.planning.parkedUntil).toBe(deps.clock.now() + 60_000);
});

test('a pause of one day, as requested by the model, is limited to 15 minutes', async () => {
  const until = 1_000_000_000 + 86_400_000;
  const { plan, pauses, deps } = await runFailingPlanning(
    new AppError('paused', 'model_rate_limited', 'slow down', { details: { until } }),
  );

  const pauseEnd = deps.clock.now() + 900_000;
  expect(pauses).toMatchObject([{ what: MODEL_SYSTEM, until: pauseEnd }]);
  expect(plan?.planning.parkedUntil).toBe(pauseEnd);
});

test.each([
  ['store_throttled', new AppError('paused', 'store_throttled', 'the store asks for a pause')],
  ['model_key_refused', new AppError('auth', 'model_key_refused', 'no key for this model')],
])('the error %s parks this plan and pauses no other work', async (_code, error) => {
  const { plan, pauses } = await runFailingPlanning(error);

  expect(pauses).toEqual([]);
  expect(plan?.planning.parkedUntil).toBeDefined();
});
