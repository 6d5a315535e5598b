import { AppError } from '../../../core/base/app-error.ts';
import type { Llm } from '../../../core/port/llm.ts';

/** Creates a model that rejects every call: a plan of the simulation has a submitted graph or is declared simple, and needs no model. */
export function createRejectingLlm(): Llm {
  return {
    complete: () =>
      Promise.reject(
        new AppError(
          'invalid',
          'no_model',
          'the simulation has no model; planning must not call a model',
        ),
      ),
  };
}
