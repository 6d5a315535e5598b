import type { LlmOptions } from '../../../adapters/openai/create-llm.ts';
import { createLlm } from '../../../adapters/openai/create-llm.ts';
import type { Llm } from '../../../core/port/llm.ts';

/** Constant time of the test clock in epoch milliseconds. */
export const LLM_NOW_MS = 1_800_000_000_000;
export const LLM_KEY = 'sk-canary-0123456789';
export const SECRET_PROMPT = 'the canary prompt';
export const ANSWER_SCHEMA = { name: 'answer', schema: { type: 'object', properties: {} } };

/** Creates a client of the endpoint at `baseUrl`, with the models `big` (heavy) and `small` (light). */
export function createTestLlm(baseUrl: string, change: Partial<LlmOptions> = {}): Llm {
  return createLlm({
    baseUrl,
    apiKey: LLM_KEY,
    models: { heavy: 'big', light: 'small' },
    concurrency: 4,
    timeoutMs: 5_000,
    now: () => LLM_NOW_MS,
    ...change,
  });
}

/** Asks the heavy model with the secret prompt. */
export function askModel(model: Llm, change: Partial<Parameters<Llm['complete']>[0]> = {}) {
  return model.complete({
    messages: [{ role: 'user', content: SECRET_PROMPT }],
    schema: ANSWER_SCHEMA,
    tier: 'heavy',
    maxOutputTokens: 1_000,
    ...change,
  });
}
