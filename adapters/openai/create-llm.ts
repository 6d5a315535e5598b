import type OpenAI from 'openai';
import { AppError } from '../../core/error.ts';
import { type Completion, estimateTokens, type Llm } from '../../core/port/llm.ts';
import { promptTokens, toCompletion } from './answer.ts';
import { type ChatCall, chat, createClient, type Dialect } from './chat.ts';
import { createLimiter } from './limiter.ts';

/** Less room than this for an answer is no use. */
const MIN_OUTPUT_TOKENS = 2_000;

export type LlmOptions = {
  /** Of an OpenAI-compatible endpoint, usually ending in /v1. */
  baseUrl: string;
  /** Empty for endpoints that need none. */
  apiKey: string;
  models: { heavy: string; light: string };
  /** By model; of a model that is missing here nothing is assumed. */
  contextTokens?: Record<string, number>;
  /** Calls at once from this process. */
  concurrency: number;
  /** For one call. Node's fetch gives up at 300,000 whatever this says. */
  timeoutMs: number;
  /** Epoch milliseconds. */
  now: () => number;
};

/** A language model behind an OpenAI-compatible endpoint. Prompts and the key appear in no error and no log. */
export function createLlm(options: LlmOptions): Llm {
  const limit = createLimiter(options.concurrency);
  const dialects = new Map<string, Dialect>();
  const pauses = new Map<string, AppError>();
  let client: OpenAI | undefined;

  async function complete(model: string, call: ChatCall): Promise<Completion> {
    requireNotPaused(pauses.get(model), options.now());
    client ??= createClient(options);
    const context = { ...options, model };
    const dialect = dialects.get(model) ?? { format: 'json_schema', limit: 'max_tokens' };
    try {
      const result = await chat(client, call, dialect, context);
      dialects.set(model, result.dialect);
      return toCompletion(result.answer, context);
    } catch (error) {
      rememberPause(pauses, model, error);
      throw error;
    }
  }

  return {
    async complete(request) {
      const model = options.models[request.tier];
      const maxOutputTokens = fitOutput(request, model, options.contextTokens?.[model]);
      return limit(() => complete(model, { ...request, maxOutputTokens }));
    },
  };
}

/** Room left for the answer, at most what was asked for. Throws `context_too_small` when the prompt leaves too little. */
function fitOutput(call: ChatCall, model: string, contextTokens: number | undefined): number {
  if (contextTokens === undefined) return call.maxOutputTokens;
  const schema = call.schema === undefined ? '' : JSON.stringify(call.schema.schema);
  const prompt = promptTokens(call.messages) + estimateTokens(schema);
  const room = contextTokens - prompt;
  const needed = Math.min(MIN_OUTPUT_TOKENS, call.maxOutputTokens);
  if (room >= needed) return Math.min(room, call.maxOutputTokens);
  const message = `the prompt needs about ${prompt} tokens and its answer at least ${needed}; model ${model} has a context of ${contextTokens}`;
  throw new AppError('invalid', 'context_too_small', message, {
    details: { model, contextTokens, promptTokens: prompt },
  });
}

// When the endpoint said how long to wait, the calls that are already queued here do not ask again before that.
function rememberPause(pauses: Map<string, AppError>, model: string, error: unknown): void {
  if (error instanceof AppError && error.details.retryAfter === true) pauses.set(model, error);
}

function requireNotPaused(pause: AppError | undefined, now: number): void {
  if (pause?.details.until === undefined || pause.details.until <= now) return;
  throw new AppError('paused', pause.code, pause.message, { details: pause.details });
}
