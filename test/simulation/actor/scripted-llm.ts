import { AppError } from '../../../core/base/app-error.ts';
import type { Llm } from '../../../core/port/llm.ts';

/** Creates a model that rejects every call: plans of the simulation are graphs or declared simple, and need no model. */
export function createScriptedLlm(): Llm {
  return {
    complete: () =>
      Promise.reject(new AppError('invalid', 'no_model', 'the simulation has no model')),
  };
}
