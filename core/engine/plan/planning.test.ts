import { expect, test } from 'vitest';
import { createEngineFixture, FIXTURE_PLAN } from '../../../test/support/engine-fixture.ts';
import { AppError } from '../../error.ts';
import { forgeFor, loadPauses, MODEL } from '../../store/pause-store.ts';
import { loadPlan } from '../../store/plan-store.ts';
import { planStep } from './planning.ts';

/** A plan whose next step is answered with this error. */
async function planning(error: AppError) {
  const fixture = createEngineFixture({
    forge: {
      repository: async () => {
        throw error;
      },
    },
  });
  const { deps, table } = fixture;
  await fixture.putPlan({ status: 'planning', planning: { stage: 'queued', faults: 0 } });
  const complete = async () => {
    throw error;
  };
  await planStep({ ...deps, llm: { complete } }, FIXTURE_PLAN);
  const plan = await loadPlan(table, FIXTURE_PLAN);
  return { plan: plan?.state, pauses: await loadPauses(table, deps.clock.now()), deps };
}

test('a forge that refuses the credential holds up its owner only, and planning waits', async () => {
  const { plan, pauses, deps } = await planning(
    new AppError('auth', 'forge_credential', 'bad credentials'),
  );

  expect(pauses.map(({ what }) => what)).toEqual([forgeFor('local', 'acme/shop')]);
  expect(plan?.planning.parkedUntil).toBe(deps.clock.now() + 60_000);
});

test('whatever a model asks for, nobody waits a day for it', async () => {
  const until = 1_000_000_000 + 86_400_000;
  const { plan, pauses, deps } = await planning(
    new AppError('paused', 'model_rate_limited', 'slow down', { details: { until } }),
  );

  const quarter = deps.clock.now() + 900_000;
  expect(pauses).toMatchObject([{ what: MODEL, until: quarter }]);
  expect(plan?.planning.parkedUntil).toBe(quarter);
});

test.each([
  ['store_throttled', new AppError('paused', 'store_throttled', 'the store asks for a pause')],
  ['model_key_refused', new AppError('auth', 'model_key_refused', 'no key for this model')],
])('%s holds up this plan alone', async (_code, error) => {
  const { plan, pauses } = await planning(error);

  expect(pauses).toEqual([]);
  expect(plan?.planning.parkedUntil).toBeDefined();
});
