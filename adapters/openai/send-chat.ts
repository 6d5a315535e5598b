import OpenAI from 'openai';
import { AppError } from '../../core/base/app-error.ts';
import type { ChatMessage } from '../../core/port/llm.ts';
import type { ModelAnswer } from './read-answer.ts';
import { readAnswer } from './read-answer.ts';
import type { CallContext } from './to-app-error.ts';
import { findRefusedLimit, isFormatRefusal, toAppError } from './to-app-error.ts';

// One call to one model. Endpoints differ in which answer formats and which spelling of the output limit they take; what
// worked is remembered per model, so that the search happens once.

const ANSWER_FORMATS = ['json_schema', 'json_object', 'plain'] as const;
export type AnswerFormat = (typeof ANSWER_FORMATS)[number];
type OutputLimitName = 'max_tokens' | 'max_completion_tokens' | 'none';

export type Dialect = { readonly format: AnswerFormat; readonly limit: OutputLimitName };
export type JsonSchema = { readonly name: string; readonly schema: Record<string, unknown> };
export type ChatCall = {
  readonly messages: ChatMessage[];
  readonly schema?: JsonSchema;
  readonly maxOutputTokens: number;
  readonly tools?: OpenAI.ChatCompletionTool[];
};
export type EndpointOptions = {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly timeoutMs: number;
};

/** No retries of the SDK's own: who retries, and when, is decided by the engine. */
export function createOpenAiClient(options: EndpointOptions): OpenAI {
  if (!/^[\x21-\x7e]*$/.test(options.apiKey.trim())) {
    throw new AppError(
      'auth',
      'model_key_refused',
      'the model key contains characters that no key has',
    );
  }
  return new OpenAI({
    baseURL: options.baseUrl,
    // Local endpoints need no key; the SDK insists on one.
    apiKey: options.apiKey.trim() || 'none',
    organization: null,
    project: null,
    maxRetries: 0,
    timeout: options.timeoutMs,
    logLevel: 'off',
  });
}

/** Sends until a dialect works that the endpoint takes, starting with `dialect`; returns the one that did. */
export async function sendChat(
  client: OpenAI,
  call: ChatCall,
  dialect: Dialect,
  context: CallContext,
): Promise<{ readonly answer: ModelAnswer; readonly dialect: Dialect }> {
  let current = dialect;
  for (;;) {
    try {
      const body = await sendRequest(client, call, current, context.model);
      return { answer: readAnswer(body, call.messages, context), dialect: current };
    } catch (error) {
      const next = selectNextDialect(current, call, error);
      if (next === undefined) throw toAppError(error, context);
      current = next;
    }
  }
}

function sendRequest(
  client: OpenAI,
  call: ChatCall,
  dialect: Dialect,
  model: string,
): Promise<OpenAI.ChatCompletion> {
  const request: OpenAI.ChatCompletionCreateParamsNonStreaming = {
    model,
    messages: addSchemaToPrompt(call, dialect.format),
    ...buildLimitParameter(dialect.limit, call.maxOutputTokens),
    ...buildFormatParameter(dialect.format, call.schema),
    ...(call.tools === undefined ? {} : { tools: call.tools }),
  };
  // The SDK's timeout ends with the headers; a body that stalls must end too.
  const signal = AbortSignal.timeout(client.timeout);
  return client.chat.completions.create(request, { signal });
}

function selectNextDialect(current: Dialect, call: ChatCall, error: unknown): Dialect | undefined {
  const limit = findRefusedLimit(error);
  if (limit === 'wants_max_completion_tokens' && current.limit === 'max_tokens') {
    return { ...current, limit: 'max_completion_tokens' };
  }
  if (limit !== undefined && current.limit !== 'none') return { ...current, limit: 'none' };

  if (call.schema === undefined || !isFormatRefusal(error)) return undefined;
  const format = ANSWER_FORMATS[ANSWER_FORMATS.indexOf(current.format) + 1];
  return format === undefined ? undefined : { ...current, format };
}

function buildLimitParameter(limit: OutputLimitName, tokens: number): Record<string, number> {
  return limit === 'none' ? {} : { [limit]: tokens };
}

function buildFormatParameter(
  format: AnswerFormat,
  schema: JsonSchema | undefined,
): Pick<OpenAI.ChatCompletionCreateParams, 'response_format'> {
  if (schema === undefined || format === 'plain') return {};
  if (format === 'json_object') return { response_format: { type: 'json_object' } };
  return { response_format: { type: 'json_schema', json_schema: { ...schema, strict: true } } };
}

/** Where the endpoint does not enforce the schema, the model is told it. */
function addSchemaToPrompt(call: ChatCall, format: AnswerFormat): ChatMessage[] {
  if (call.schema === undefined || format === 'json_schema') return call.messages;
  const words = `Answer with one JSON object and nothing else. It fits this JSON schema: ${JSON.stringify(call.schema.schema)}`;
  const [first, ...rest] = call.messages;
  // One system message, the first: some chat templates refuse another.
  if (first?.role !== 'system') return [{ role: 'system', content: words }, ...call.messages];
  return [{ role: 'system', content: `${first.content}\n\n${words}` }, ...rest];
}
