import type { ModelCheck } from '../../adapters/openai/probe-model.ts';
import { probeModel } from '../../adapters/openai/probe-model.ts';
import { createNoModelError, getModelConfig } from './model.ts';
import { clock } from './runtime.ts';

/** Number of checks at the start of a probe that concern the endpoint and the key, which both models share. */
const SHARED_CHECK_COUNT = 2;

/** Tests the configured models, `light` too if it differs from `heavy`. Without a configured model, the result is a single failed check. */
export async function probeConfiguredModel(): ReturnType<typeof probeModel> {
  const { baseUrl, apiKey, heavy, light, contextTokens } = getModelConfig();
  if (baseUrl === undefined || heavy === undefined) {
    return [{ name: 'model', state: 'failed', message: createNoModelError().message }];
  }
  const probe = (model: string) =>
    probeModel({
      baseUrl,
      apiKey,
      model,
      contextTokens: contextTokens[model],
      timeoutMs: 20_000,
      now: clock.now,
    });
  const hasLightModel = light !== undefined && light !== heavy;
  const [heavyChecks, lightChecks] = await Promise.all([
    probe(heavy),
    hasLightModel ? probe(light) : [],
  ]);
  return [...heavyChecks, ...lightChecks.slice(SHARED_CHECK_COUNT).map(nameLightCheck)];
}

/** Names the check of the model for light tasks, and the variable that selects this model. */
function nameLightCheck(check: ModelCheck): ModelCheck {
  const { name, advice } = check;
  return {
    ...check,
    name: name.replace(/^model/, 'light model'),
    ...(advice === undefined ? {} : { advice: advice.replace('MODEL_HEAVY', 'MODEL_LIGHT') }),
  };
}
