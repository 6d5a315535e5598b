import { AppError } from '../../../core/base/app-error.ts';
import type { Llm } from '../../../core/port/llm.ts';

/** No model is asked: plans of the simulation are graphs, or simple by a person's word. */
export function createScriptedLlm(): Llm {
  return {
    complete: () => Promise.reject(new AppError('invalid', 'no_model', 'there is no model here')),
  };
}
