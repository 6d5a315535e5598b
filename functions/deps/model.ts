import { AppError } from '../../core/base/app-error.ts';
import type { ModelAccess } from '../../core/engine/engine-deps.ts';
import { readConfig } from '../config.ts';
import { once } from '../once.ts';
import { clock } from './runtime.ts';

export const getModelConfig = once(() => readConfig(['model']).model);

/** Creates the error of a missing configuration. Its kind `paused` lets plans wait until a model is configured. */
export function createNoModelError(): AppError {
  const until = clock.now() + 60_000;
  const message =
    'no model is configured: set MODEL_BASE_URL and MODEL_HEAVY, and MODEL_API_KEY if the endpoint needs a key';
  return new AppError('paused', 'model_not_configured', message, { details: { until } });
}

/** Returns the endpoint and the key for attempts; undefined without a configured model. */
export const getModelAccess = once((): ModelAccess | undefined => {
  const { baseUrl, apiKey, heavy } = getModelConfig();
  return baseUrl === undefined || heavy === undefined ? undefined : { baseUrl, apiKey };
});
