import { probeModel } from '../../adapters/openai/probe-model.ts';
import { createNoModelError, getModelConfig } from './model.ts';
import { clock } from './runtime.ts';

/** Tests the configured model. Without a configured model, the result is a single failed check. */
export async function probeConfiguredModel(): ReturnType<typeof probeModel> {
  const { baseUrl, apiKey, heavy, contextTokens } = getModelConfig();
  if (baseUrl === undefined || heavy === undefined) {
    return [{ name: 'model', state: 'failed', message: createNoModelError().message }];
  }
  return probeModel({
    baseUrl,
    apiKey,
    model: heavy,
    contextTokens: contextTokens[heavy],
    timeoutMs: 20_000,
    now: clock.now,
  });
}
