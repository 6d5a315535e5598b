import { expect, test } from 'vitest';
import { createEngineFixture } from '../../../test/support/engine/engine-fixture.ts';
import { AppError } from '../../base/app-error.ts';
import { buildModelProbeRequest } from '../../contract/queue-message.ts';
import type { Llm } from '../../port/llm.ts';
import type { OutgoingMessage } from '../../port/queue.ts';
import { loadPauses, MODEL_SYSTEM } from '../../store/system-store.ts';
import { probeModel } from './probe-model.ts';

const NOW = 1_000_000_000;
const QUOTA = new AppError('paused', 'quota_exhausted', 'the quota is used up', {
  details: { until: NOW + 300_000 },
});

/** Creates an engine whose models refuse with these errors; a model without an error answers. */
function createProbeFixture(
  refusals: { readonly heavy?: AppError | undefined; readonly light?: AppError | undefined },
  models = { heavy: 'big', light: 'small' },
) {
  const fixture = createEngineFixture({ settings: { models } });
  const probedTiers: string[] = [];
  const sent: OutgoingMessage[] = [];
  const llm: Llm = {
    complete: async ({ tier }) => {
      probedTiers.push(tier);
      const error = refusals[tier];
      if (error !== undefined) throw error;
      return {
        text: '{}',
        truncated: false,
        model: tier,
        usage: { inputTokens: 1, outputTokens: 1 },
      };
    },
  };
  const queue = {
    send: async (messages: readonly OutgoingMessage[]) => void sent.push(...messages),
  };
  const deps = { ...fixture.deps, queue, llm };
  const loadModelPauses = () => loadPauses(fixture.table, deps.clock.now());
  return { deps, sent, probedTiers, loadModelPauses, advance: fixture.advance };
}

test('a probe that every model refuses pauses the model and is repeated before the end of the pause', async () => {
  const { deps, sent, loadModelPauses } = createProbeFixture({ heavy: QUOTA, light: QUOTA });

  await probeModel(deps);

  expect(await loadModelPauses()).toEqual([
    { system: MODEL_SYSTEM, until: NOW + 300_000, reason: 'the quota is used up' },
  ]);
  expect(sent).toEqual([{ message: buildModelProbeRequest(), delaySeconds: 295 }]);
});

test('a refused key pauses the model for a minute', async () => {
  const refused = new AppError('auth', 'model_key_refused', 'the key is refused');
  const { deps, loadModelPauses } = createProbeFixture({ heavy: refused, light: refused });

  await probeModel(deps);

  expect(await loadModelPauses()).toMatchObject([{ until: NOW + 60_000 }]);
});

test.each([
  ['both models answer', {}],
  ['one model answers', { heavy: QUOTA }],
  [
    'the models reject the probe itself',
    {
      heavy: new AppError('invalid', 'model_request_refused', 'no'),
      light: new AppError('transient', 'model_empty_answer', 'nothing'),
    },
  ],
  [
    'no model is configured',
    {
      heavy: new AppError('paused', 'model_not_configured', 'none'),
      light: new AppError('paused', 'model_not_configured', 'none'),
    },
  ],
])('a probe pauses nothing if %s', async (_name, refusals) => {
  const { deps, sent, probedTiers, loadModelPauses } = createProbeFixture(refusals);

  await probeModel(deps);

  expect(await loadModelPauses()).toEqual([]);
  expect(sent).toEqual([]);
  expect(probedTiers).toEqual(['heavy', 'light']);
});

test('many refusals at the same time cause one probe now and one probe later', async () => {
  const models = { heavy: 'same', light: 'same' };
  const { deps, sent, probedTiers, advance } = createProbeFixture({}, models);

  await Promise.all([probeModel(deps), probeModel(deps), probeModel(deps)]);
  advance(9_999);
  await probeModel(deps);
  expect(probedTiers).toEqual(['heavy']);
  expect(sent).toEqual([{ message: buildModelProbeRequest(), delaySeconds: 10 }]);

  advance(1);
  await probeModel(deps);
  await probeModel(deps);
  expect(probedTiers).toEqual(['heavy', 'heavy']);
  expect(sent).toHaveLength(2);
});

test('a short pause is not probed again, because the work after the pause probes the model', async () => {
  const limited = new AppError('paused', 'model_rate_limited', 'slow down', {
    details: { until: NOW + 4_000 },
  });
  const { deps, sent, loadModelPauses } = createProbeFixture({ heavy: limited, light: limited });

  await probeModel(deps);

  expect(await loadModelPauses()).toHaveLength(1);
  expect(sent).toEqual([]);
});
