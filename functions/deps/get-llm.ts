import { createLlm } from '../../adapters/openai/create-llm.ts';
import type { Llm } from '../../core/port/llm.ts';
import { once } from '../once.ts';
import { createNoModelError, getModelConfig } from './model.ts';
import { clock } from './runtime.ts';

/** Returns the model of the planner; without a configured model, every call fails with `model_not_configured`. */
export const getLlm = once((): Llm => {
  const { baseUrl, apiKey, heavy, light, contextTokens, concurrency, timeoutSeconds } =
    getModelConfig();
  if (baseUrl === undefined || heavy === undefined)
    return { complete: () => Promise.reject(createNoModelError()) };
  return createLlm({
    baseUrl,
    apiKey,
    models: { heavy, light: light ?? heavy },
    contextTokens,
    concurrency,
    timeoutMs: timeoutSeconds * 1_000,
    now: clock.now,
  });
});
