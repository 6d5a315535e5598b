import type OpenAI from 'openai';
import { AppError } from '../../core/base/app-error.ts';
import type { Completion, Llm } from '../../core/port/llm.ts';
import { estimateTokens } from '../../core/port/llm.ts';
import { createLimiter } from './create-limiter.ts';
import { estimatePromptTokens, toCompletion } from './read-answer.ts';
import type { ChatCall, Dialect } from './send-chat.ts';
import { createOpenAiClient, sendChat } from './send-chat.ts';

/** Minimum room for a useful answer, tokens. */
const MIN_OUTPUT_TOKENS = 2_000;

/** Options of createLlm. */
export type LlmOptions = {
  /** Base URL of an OpenAI-compatible endpoint; usually ends in /v1. */
  readonly baseUrl: string;
  /** API key; empty for an endpoint without authentication. */
  readonly apiKey: string;
  readonly models: { readonly heavy: string; readonly light: string };
  /** Context size in tokens by model name. Prompts for other models are not checked. */
  readonly contextTokens?: Record<string, number>;
  /** Maximum number of concurrent calls from this process. */
  readonly concurrency: number;
  /** Timeout of one call in milliseconds. The fetch of Node.js ends every call after 300,000 ms. */
  readonly timeoutMs: number;
  /** Returns epoch milliseconds. */
  readonly now: () => number;
};

/** Creates a client of an OpenAI-compatible endpoint. Errors and logs contain neither prompts nor the API key. */
export function createLlm(options: LlmOptions): Llm {
  const limit = createLimiter(options.concurrency);
  const dialects = new Map<string, Dialect>();
  const pauses = new Map<string, ModelPause>();
  let callCount = 0;
  let client: OpenAI | undefined;

  async function complete(model: string, call: ChatCall, callNumber: number): Promise<Completion> {
    requireNotPaused(pauses.get(model), callNumber, options.now());
    client ??= createOpenAiClient(options);
    const context = { ...options, model };
    const dialect = dialects.get(model) ?? { format: 'json_schema', limit: 'max_tokens' };
    try {
      const result = await sendChat(client, call, dialect, context);
      dialects.set(model, result.dialect);
      return toCompletion(result.answer, context);
    } catch (error) {
      rememberPause(pauses, model, error, callCount);
      throw error;
    }
  }

  return {
    async complete(request) {
      const model = options.models[request.tier];
      const maxOutputTokens = fitOutputTokens(request, model, options.contextTokens?.[model]);
      callCount += 1;
      const callNumber = callCount;
      return limit(() => complete(model, { ...request, maxOutputTokens }, callNumber));
    },
  };
}

/** Returns the tokens available for the answer, at most as requested; throws AppError `context_too_small` if the prompt leaves too few. */
function fitOutputTokens(call: ChatCall, model: string, contextTokens: number | undefined): number {
  if (contextTokens === undefined) return call.maxOutputTokens;
  const schema = call.schema === undefined ? '' : JSON.stringify(call.schema.schema);
  const prompt = estimatePromptTokens(call.messages) + estimateTokens(schema);
  const room = contextTokens - prompt;
  const needed = Math.min(MIN_OUTPUT_TOKENS, call.maxOutputTokens);
  if (room >= needed) return Math.min(room, call.maxOutputTokens);
  const message = `the prompt needs about ${prompt} tokens and the answer at least ${needed}, but model ${model} has a context of ${contextTokens} tokens; use a model with a larger context`;
  throw new AppError('invalid', 'context_too_small', message, {
    details: { model, contextTokens, promptTokens: prompt },
  });
}

/**
 * Pause that the endpoint requested. Only calls that were already waiting (up to `lastCall`) fail at once. A later call reaches
 * the endpoint, because a person may have requested a retry before the end of the pause.
 */
type ModelPause = { readonly error: AppError; readonly lastCall: number };

function rememberPause(
  pauses: Map<string, ModelPause>,
  model: string,
  error: unknown,
  lastCall: number,
): void {
  if (error instanceof AppError && error.details.retryAfter === true)
    pauses.set(model, { error, lastCall });
}

function requireNotPaused(pause: ModelPause | undefined, callNumber: number, now: number): void {
  if (pause === undefined || callNumber > pause.lastCall) return;
  const { code, message, details } = pause.error;
  if ((details.until ?? 0) > now) throw new AppError('paused', code, message, { details });
}
