import { AppError } from '../../core/base/app-error.ts';
import type { ModelAccess } from '../../core/engine/engine-deps.ts';
import { readConfig } from '../config.ts';
import { once } from '../once.ts';
import { clock } from './runtime.ts';

export const getModelConfig = once(() => readConfig(['model']).model);

/** Plans wait, with the reason, until a model is configured. */
export function createNoModelError(): AppError {
  const until = clock.now() + 60_000;
  const message =
    'no model is configured: set MODEL_BASE_URL, MODEL_HEAVY and, where it needs one, MODEL_API_KEY';
  return new AppError('paused', 'model_not_configured', message, { details: { until } });
}

export const getModelAccess = once((): ModelAccess | undefined => {
  const { baseUrl, apiKey, heavy } = getModelConfig();
  return baseUrl === undefined || heavy === undefined ? undefined : { baseUrl, apiKey };
});
