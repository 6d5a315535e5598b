import type OpenAI from 'openai';
import { AppError } from '../../core/base/app-error.ts';
import type { Completion, Llm } from '../../core/port/llm.ts';
import { estimateTokens } from '../../core/port/llm.ts';
import { createLimiter } from './create-limiter.ts';
import { estimatePromptTokens, toCompletion } from './read-answer.ts';
import type { ChatCall, Dialect } from './send-chat.ts';
import { createOpenAiClient, sendChat } from './send-chat.ts';

/** Less room than this for an answer is no use. */
const MIN_OUTPUT_TOKENS = 2_000;

export type LlmOptions = {
  /** Of an OpenAI-compatible endpoint, usually ending in /v1. */
  readonly baseUrl: string;
  /** Empty for endpoints that need none. */
  readonly apiKey: string;
  readonly models: { readonly heavy: string; readonly light: string };
  /** By model; of a model that is missing here nothing is assumed. */
  readonly contextTokens?: Record<string, number>;
  /** Calls at once from this process. */
  readonly concurrency: number;
  /** For one call. Node's fetch gives up at 300,000 whatever this says. */
  readonly timeoutMs: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

/** A language model behind an OpenAI-compatible endpoint. Prompts and the key appear in no error and no log. */
export function createLlm(options: LlmOptions): Llm {
  const limit = createLimiter(options.concurrency);
  const dialects = new Map<string, Dialect>();
  const pauses = new Map<string, ModelPause>();
  let asked = 0;
  let client: OpenAI | undefined;

  async function complete(model: string, call: ChatCall, turn: number): Promise<Completion> {
    requireNotPaused(pauses.get(model), turn, options.now());
    client ??= createOpenAiClient(options);
    const context = { ...options, model };
    const dialect = dialects.get(model) ?? { format: 'json_schema', limit: 'max_tokens' };
    try {
      const result = await sendChat(client, call, dialect, context);
      dialects.set(model, result.dialect);
      return toCompletion(result.answer, context);
    } catch (error) {
      rememberPause(pauses, model, error, asked);
      throw error;
    }
  }

  return {
    async complete(request) {
      const model = options.models[request.tier];
      const maxOutputTokens = fitOutputTokens(request, model, options.contextTokens?.[model]);
      asked += 1;
      const turn = asked;
      return limit(() => complete(model, { ...request, maxOutputTokens }, turn));
    },
  };
}

/** Room left for the answer, at most what was asked for. Throws `context_too_small` when the prompt leaves too little. */
function fitOutputTokens(call: ChatCall, model: string, contextTokens: number | undefined): number {
  if (contextTokens === undefined) return call.maxOutputTokens;
  const schema = call.schema === undefined ? '' : JSON.stringify(call.schema.schema);
  const prompt = estimatePromptTokens(call.messages) + estimateTokens(schema);
  const room = contextTokens - prompt;
  const needed = Math.min(MIN_OUTPUT_TOKENS, call.maxOutputTokens);
  if (room >= needed) return Math.min(room, call.maxOutputTokens);
  const message = `the prompt needs about ${prompt} tokens and its answer at least ${needed}; model ${model} has a context of ${contextTokens}`;
  throw new AppError('invalid', 'context_too_small', message, {
    details: { model, contextTokens, promptTokens: prompt },
  });
}

// When the endpoint said how long to wait, the calls that are already queued here do not ask again before that. Whether a
// new one may, the caller knows: a person may have said that the endpoint is back.
type ModelPause = { readonly error: AppError; readonly lastTurn: number };

function rememberPause(
  pauses: Map<string, ModelPause>,
  model: string,
  error: unknown,
  lastTurn: number,
): void {
  if (error instanceof AppError && error.details.retryAfter === true)
    pauses.set(model, { error, lastTurn });
}

function requireNotPaused(pause: ModelPause | undefined, turn: number, now: number): void {
  if (pause === undefined || turn > pause.lastTurn) return;
  const { code, message, details } = pause.error;
  if ((details.until ?? 0) > now) throw new AppError('paused', code, message, { details });
}
