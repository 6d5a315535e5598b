import { expect, test } from 'vitest';
import { createEngineFixture, FIXTURE_PLAN } from '../../../test/support/engine/engine-fixture.ts';
import { AppError } from '../../base/app-error.ts';
import { buildModelProbeRequest } from '../../contract/queue-message.ts';
import { loadPlan } from '../../store/plan-store.ts';
import { formatForgeSystem, loadPauses } from '../../store/system-store.ts';
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
  const { deps, table, sent } = fixture;
  await fixture.putPlan({
    status: 'planning',
    planning: { stage: 'queued', consecutiveFailures: 0 },
  });
  const complete = async () => {
    throw error;
  };
  await runPlanning({ ...deps, llm: { complete } }, FIXTURE_PLAN);
  const plan = await loadPlan(table, FIXTURE_PLAN);
  return { plan: plan?.state, pauses: await loadPauses(table, deps.clock.now()), deps, sent };
}

test('a rejected forge credential parks the plan and pauses the forge for all repositories of the owner', async () => {
  const { plan, pauses, deps } = await runFailingPlanning(
    new AppError('auth', 'forge_credential', 'bad credentials'),
  );

  expect(pauses.map(({ system }) => system)).toEqual([formatForgeSystem('local', 'acme/shop')]);
  expect(plan?.planning.parkedUntil).toBe(deps.clock.now() + 60_000);
});

test.each([
  ['model_rate_limited', 'paused'],
  ['model_unavailable', 'paused'],
  ['quota_exhausted', 'paused'],
  ['model_key_refused', 'auth'],
] as const)(
  'the error %s parks only this plan and requests a probe of the model',
  async (code, kind) => {
    const { plan, pauses, sent } = await runFailingPlanning(new AppError(kind, code, 'slow down'));

    expect(pauses).toEqual([]);
    expect(plan?.planning.parkedUntil).toBeDefined();
    expect(sent).toContainEqual(buildModelProbeRequest());
  },
);

test('planning waits at most 15 minutes, although the model requests one day', async () => {
  const until = 1_000_000_000 + 86_400_000;
  const { plan, deps } = await runFailingPlanning(
    new AppError('paused', 'model_rate_limited', 'slow down', { details: { until } }),
  );

  expect(plan?.planning.parkedUntil).toBe(deps.clock.now() + 900_000);
});

test.each([
  ['store_throttled', new AppError('paused', 'store_throttled', 'the store asks for a pause')],
  ['model_not_configured', new AppError('paused', 'model_not_configured', 'no model')],
])(
  'the error %s parks this plan, pauses no other work and requests no probe',
  async (_code, error) => {
    const { plan, pauses, sent } = await runFailingPlanning(error);

    expect(sent).not.toContainEqual(buildModelProbeRequest());
    expect(pauses).toEqual([]);
    expect(plan?.planning.parkedUntil).toBeDefined();
  },
);

test.each([
  ['model_rate_limited', 'paused'],
  ['planning_failed', 'invalid'],
  ['model_failed', 'transient'],
] as const)(
  'a step that ends with the error %s charges its usage to the plan',
  async (code, kind) => {
    const usage = { model: 'm', inputTokens: 150, outputTokens: 60, turns: 3 };

    const { plan } = await runFailingPlanning(
      new AppError(kind, code, 'no', { details: { usage } }),
    );

    expect(plan?.usage).toEqual({ inputTokens: 150, outputTokens: 60, turns: 3, usd: null });
  },
);
