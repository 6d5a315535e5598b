import type OpenAI from 'openai';
import { AppError, isAppError } from '../../core/base/app-error.ts';
import type { Completion, Llm } from '../../core/port/llm.ts';
import { estimateTokens } from '../../core/port/llm.ts';
import { createLimiter } from './create-limiter.ts';
import type { AnswerUsage } from './read-answer.ts';
import { estimatePromptTokens, toCompletion } from './read-answer.ts';
import type { ChatCall, Dialect } from './send-chat.ts';
import { createOpenAiClient, sendChat } from './send-chat.ts';
import type { CallContext } from './to-app-error.ts';

/** Minimum number of tokens for a useful answer. */
const MIN_OUTPUT_TOKENS = 2_000;
/** Number of times that a request is sent while the answers are incomplete. */
const MAX_TRIES = 3;

/** Endpoint, models and limits of an Llm. */
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
  /** Timeout of one request in milliseconds, from sending to the last byte of the response. */
  readonly timeoutMs: number;
  /** Returns epoch milliseconds. */
  readonly now: () => number;
};

/** Creates a client of an OpenAI-compatible endpoint. Errors and logs contain neither prompts nor the API key. */
export function createLlm(options: LlmOptions): Llm {
  const runWithinLimit = createLimiter(options.concurrency);
  const dialects = new Map<string, Dialect>();
  const pauses = new Map<string, ModelPause>();
  let callCount = 0;
  let client: OpenAI | undefined;

  async function callModel(model: string, call: ChatCall, callNumber: number): Promise<Completion> {
    requireNotPaused(pauses.get(model), callNumber, options.now());
    client ??= createOpenAiClient(options);
    const callContext = { ...options, model };
    const dialect = dialects.get(model) ?? { format: 'json_schema', limitParameter: 'max_tokens' };
    try {
      const result = await sendUntilComplete(client, call, dialect, callContext);
      dialects.set(model, result.dialect);
      return toCompletion(result.answer, callContext);
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
      return runWithinLimit(() => callModel(model, { ...request, maxOutputTokens }, callNumber));
    },
  };
}

/** Sends a request up to three times while the endpoint sends incomplete answers. The usage of all answers counts. */
async function sendUntilComplete(
  client: OpenAI,
  call: ChatCall,
  dialect: Dialect,
  context: CallContext,
): ReturnType<typeof sendChat> {
  const incompleteUsages: AnswerUsage[] = [];
  for (let tries = 1; ; tries += 1) {
    try {
      const { answer, dialect: accepted } = await sendChat(client, call, dialect, context);
      return {
        answer: { ...answer, usage: sumUsage([...incompleteUsages, answer.usage]) },
        dialect: accepted,
      };
    } catch (error) {
      if (!isAppError(error) || error.details.canAskAgain !== true) throw error;
      incompleteUsages.push(readIncompleteUsage(error));
      if (tries < MAX_TRIES) continue;
      const details = { ...error.details, usage: sumUsage(incompleteUsages) };
      throw new AppError(error.kind, error.code, error.message, { details });
    }
  }
}

function readIncompleteUsage({ details }: AppError): AnswerUsage {
  const { usage } = details;
  const count = (name: string) =>
    typeof usage === 'object' && usage !== null ? Number(Reflect.get(usage, name)) || 0 : 0;
  return { inputTokens: count('inputTokens'), outputTokens: count('outputTokens') };
}

function sumUsage(usages: readonly AnswerUsage[]): AnswerUsage {
  return {
    inputTokens: usages.reduce((sum, usage) => sum + usage.inputTokens, 0),
    outputTokens: usages.reduce((sum, usage) => sum + usage.outputTokens, 0),
  };
}

/**
 * Returns the output limit in tokens: the requested limit, or less if the prompt leaves less room. Throws AppError
 * `context_too_small` if the prompt leaves too little.
 */
function fitOutputTokens(call: ChatCall, model: string, contextTokens: number | undefined): number {
  if (contextTokens === undefined) return call.maxOutputTokens;
  const schema = call.schema === undefined ? '' : JSON.stringify(call.schema.schema);
  const promptTokens = estimatePromptTokens(call.messages) + estimateTokens(schema);
  const roomTokens = contextTokens - promptTokens;
  const neededTokens = Math.min(MIN_OUTPUT_TOKENS, call.maxOutputTokens);
  if (roomTokens >= neededTokens) return Math.min(roomTokens, call.maxOutputTokens);
  const message = `the prompt needs about ${promptTokens} tokens and the answer at least ${neededTokens}, but model ${model} has a context of ${contextTokens} tokens; use a model with a larger context`;
  throw new AppError('invalid', 'context_too_small', message, {
    details: { model, contextTokens, promptTokens },
  });
}

/**
 * Pause that the endpoint requested. During the pause, only calls that were already waiting (up to the number `lastWaitingCall`)
 * fail at once. A later call reaches the endpoint, because a person may have requested a retry before the end of the pause.
 */
type ModelPause = { readonly error: AppError; readonly lastWaitingCall: number };

/** Remembers a pause that the endpoint requested; the detail `retryAfter` marks the error of such a pause. */
function rememberPause(
  pauses: Map<string, ModelPause>,
  model: string,
  error: unknown,
  lastWaitingCall: number,
): void {
  if (error instanceof AppError && error.details.retryAfter === true)
    pauses.set(model, { error, lastWaitingCall });
}

function requireNotPaused(pause: ModelPause | undefined, callNumber: number, now: number): void {
  if (pause === undefined || callNumber > pause.lastWaitingCall) return;
  const { code, message, details } = pause.error;
  if ((details.until ?? 0) > now) throw new AppError('paused', code, message, { details });
}
