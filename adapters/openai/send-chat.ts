import OpenAI from 'openai';
import { AppError } from '../../core/base/app-error.ts';
import type { ChatMessage } from '../../core/port/llm.ts';
import { longFetch } from './long-fetch.ts';
import type { ModelAnswer } from './read-answer.ts';
import { readAnswer } from './read-answer.ts';
import type { CallContext } from './to-app-error.ts';
import { findRefusedLimit, isFormatRefusal, toAppError } from './to-app-error.ts';

// Endpoints differ in the answer formats and in the name of the parameter for the output limit that they accept. The accepted
// combination is called the dialect of a model; the caller remembers the dialect.

/** Answer formats in the order of preference. */
const ANSWER_FORMATS = ['json_schema', 'json_object', 'plain'] as const;
/** Answer format of a request. */
export type AnswerFormat = (typeof ANSWER_FORMATS)[number];
type LimitParameter = 'max_tokens' | 'max_completion_tokens' | 'none';

/** Answer format, and parameter for the output limit (`none`: no parameter), that an endpoint accepts. */
export type Dialect = { readonly format: AnswerFormat; readonly limitParameter: LimitParameter };
/** Named JSON schema of an answer. */
export type JsonSchema = { readonly name: string; readonly schema: Record<string, unknown> };
/** Request to a model. */
export type ChatCall = {
  readonly messages: ChatMessage[];
  readonly schema?: JsonSchema;
  readonly maxOutputTokens: number;
  readonly tools?: OpenAI.ChatCompletionTool[];
};
/** Endpoint and credential. */
export type EndpointOptions = {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly timeoutMs: number;
};

/** Creates a client without retries of the SDK, because the engine decides about retries. */
export function createOpenAiClient(options: EndpointOptions): OpenAI {
  if (!/^[\x21-\x7e]*$/.test(options.apiKey.trim())) {
    throw new AppError(
      'auth',
      'model_key_refused',
      'the model key contains spaces or characters outside ASCII; copy the key to MODEL_API_KEY again',
    );
  }
  return new OpenAI({
    baseURL: options.baseUrl,
    // The SDK requires a key, even for local endpoints without authentication.
    apiKey: options.apiKey.trim() || 'none',
    organization: null,
    project: null,
    maxRetries: 0,
    timeout: options.timeoutMs,
    fetch: longFetch,
    logLevel: 'off',
  });
}

/** Sends a request in `dialect`, and in other dialects until the endpoint accepts one; returns the accepted dialect. */
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

/** Sends one request; returns the body of the response as text, because the SDK rejects many shapes that endpoints send. */
async function sendRequest(
  client: OpenAI,
  call: ChatCall,
  dialect: Dialect,
  model: string,
): Promise<string> {
  const request: OpenAI.ChatCompletionCreateParamsNonStreaming = {
    model,
    messages: addSchemaToPrompt(call, dialect.format),
    ...buildLimitParameter(dialect.limitParameter, call.maxOutputTokens),
    ...buildFormatParameter(dialect.format, call.schema),
    ...(call.tools === undefined ? {} : { tools: call.tools }),
  };
  // The timeout of the SDK covers only the headers; this signal also ends a stalled body.
  const signal = AbortSignal.timeout(client.timeout);
  const response = await client.chat.completions.create(request, { signal }).asResponse();
  return response.text();
}

function selectNextDialect(current: Dialect, call: ChatCall, error: unknown): Dialect | undefined {
  const limitRefusal = findRefusedLimit(error);
  if (limitRefusal === 'needs_max_completion_tokens' && current.limitParameter === 'max_tokens') {
    return { ...current, limitParameter: 'max_completion_tokens' };
  }
  if (limitRefusal !== undefined && current.limitParameter !== 'none')
    return { ...current, limitParameter: 'none' };

  if (call.schema === undefined || !isFormatRefusal(error)) return undefined;
  const format = ANSWER_FORMATS[ANSWER_FORMATS.indexOf(current.format) + 1];
  return format === undefined ? undefined : { ...current, format };
}

function buildLimitParameter(name: LimitParameter, maxTokens: number): Record<string, number> {
  return name === 'none' ? {} : { [name]: maxTokens };
}

function buildFormatParameter(
  format: AnswerFormat,
  schema: JsonSchema | undefined,
): Pick<OpenAI.ChatCompletionCreateParams, 'response_format'> {
  if (schema === undefined || format === 'plain') return {};
  if (format === 'json_object') return { response_format: { type: 'json_object' } };
  return { response_format: { type: 'json_schema', json_schema: { ...schema, strict: true } } };
}

/** Adds the JSON schema to the prompt if the answer format does not make the endpoint enforce the schema. */
function addSchemaToPrompt(call: ChatCall, format: AnswerFormat): ChatMessage[] {
  if (call.schema === undefined || format === 'json_schema') return call.messages;
  const instruction = `Answer with one JSON object and nothing else. The object must match this JSON schema: ${JSON.stringify(call.schema.schema)}`;
  const [first, ...others] = call.messages;
  // Some chat templates accept only one system message, as the first message.
  if (first?.role !== 'system') return [{ role: 'system', content: instruction }, ...call.messages];
  return [{ role: 'system', content: `${first.content}\n\n${instruction}` }, ...others];
}
