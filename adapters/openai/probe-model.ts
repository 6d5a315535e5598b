import type OpenAI from 'openai';
import { z } from 'zod';
import type { AppError } from '../../core/base/app-error.ts';
import { isAppError } from '../../core/base/app-error.ts';
import { toCompletion } from './read-answer.ts';
import type { ChatCall, Dialect } from './send-chat.ts';
import { createOpenAiClient, sendChat } from './send-chat.ts';
import type { CallContext } from './to-app-error.ts';
import { formatEndpoint, toAppError } from './to-app-error.ts';

// Checks of the model endpoint for `doctor`, with advice for each failure.

/** Result of one check. */
export type ModelCheck = {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly message: string;
  readonly advice?: string;
};
/** Endpoint and model to check. */
export type ProbeOptions = {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly model: string;
  /** Configured context size in tokens, which overrides the size that the endpoint reports. */
  readonly contextTokens?: number;
  readonly timeoutMs: number;
  readonly now: () => number;
};

/** Context size with enough room for a large repository, the instructions and the answer. */
const COMFORTABLE_CONTEXT_TOKENS = 32_000;

const CHECK_NAMES = {
  endpoint: 'model endpoint',
  key: 'model key',
  model: 'model name',
  json: 'model JSON answers',
  tools: 'model tool calls',
  context: 'model context',
} as const;

const modelListSchema = z.object({ data: z.array(z.looseObject({ id: z.string() })).max(10_000) });

type ListedModel = { readonly id: string; [field: string]: unknown };
type Probe = {
  readonly client: OpenAI;
  readonly context: CallContext;
  readonly options: ProbeOptions;
};

/**
 * Returns six checks in this order: endpoint, key, model name, JSON answers, tool calls, context. Sends two short prompts to the
 * model.
 */
export async function probeModel(options: ProbeOptions): Promise<ModelCheck[]> {
  let client: OpenAI;
  try {
    client = createOpenAiClient(options);
  } catch (error) {
    const keyError = toAppError(error, options);
    const skippedCheck: ModelCheck = {
      name: CHECK_NAMES.endpoint,
      state: 'skipped',
      message: 'not tested, because the key is malformed',
    };
    return createFailureChecks([skippedCheck], CHECK_NAMES.key, keyError);
  }
  const probe: Probe = { client, context: options, options };

  const models = await listModels(probe);
  const json = await probeJson(probe);
  if (isAppError(json)) return explainFailure(json, models, options);

  return [
    createOkCheck(CHECK_NAMES.endpoint, `${formatEndpoint(options.baseUrl)} answers`),
    createOkCheck(
      CHECK_NAMES.key,
      options.apiKey === '' ? 'the endpoint needs no key' : 'the endpoint accepts the key',
    ),
    createOkCheck(CHECK_NAMES.model, `${options.model} answers`),
    json,
    await probeTools(probe),
    createContextCheck(options, models),
  ];
}

/**
 * Lists the models of the endpoint; undefined on any error, because many endpoints have no list and the later calls show whether
 * the model works.
 */
async function listModels(probe: Probe): Promise<ListedModel[] | undefined> {
  try {
    const signal = AbortSignal.timeout(probe.options.timeoutMs);
    const page: unknown = await probe.client.get('/models', { signal });
    const list = modelListSchema.safeParse(page);
    return list.success ? list.data.data : undefined;
  } catch {
    return undefined;
  }
}

async function probeJson(probe: Probe): Promise<ModelCheck | AppError> {
  const call: ChatCall = {
    messages: [
      { role: 'system', content: 'You answer with JSON.' },
      { role: 'user', content: 'Answer {"ready": true}' },
    ],
    schema: {
      name: 'ready',
      schema: {
        type: 'object',
        properties: { ready: { type: 'boolean' } },
        required: ['ready'],
        additionalProperties: false,
      },
    },
    maxOutputTokens: 2_000,
  };
  try {
    const firstDialect: Dialect = { format: 'json_schema', limitParameter: 'max_tokens' };
    const { answer, dialect } = await sendChat(probe.client, call, firstDialect, probe.context);
    const { text } = toCompletion(answer, probe.context);
    return createJsonCheck(text, dialect);
  } catch (error) {
    return toAppError(error, probe.context);
  }
}

function createJsonCheck(text: string, dialect: Dialect): ModelCheck {
  if (/"ready"\s*:\s*true/.test(text))
    return createOkCheck(CHECK_NAMES.json, `the model answers with JSON (${dialect.format})`);
  return {
    name: CHECK_NAMES.json,
    state: 'warning',
    message: 'the model was asked for a JSON object, but answered with something else',
    advice:
      'Planning needs JSON answers. Use a larger model, or a model that follows instructions better.',
  };
}

async function probeTools(probe: Probe): Promise<ModelCheck> {
  const call: ChatCall = {
    messages: [{ role: 'user', content: 'Call the tool read_file for the path README.md.' }],
    maxOutputTokens: 2_000,
    tools: [
      {
        type: 'function',
        function: {
          name: 'read_file',
          description: 'Reads a file',
          parameters: {
            type: 'object',
            properties: { path: { type: 'string' } },
            required: ['path'],
          },
        },
      },
    ],
  };
  const advice =
    'Agents work through tool calls. Use a model and an endpoint that support tool calls.';
  try {
    const firstDialect: Dialect = { format: 'plain', limitParameter: 'max_tokens' };
    const { answer } = await sendChat(probe.client, call, firstDialect, probe.context);
    if (answer.toolCallCount > 0) return createOkCheck(CHECK_NAMES.tools, 'the model calls tools');
    return {
      name: CHECK_NAMES.tools,
      state: 'warning',
      message: 'the model did not call the offered tool',
      advice,
    };
  } catch (error) {
    const { message } = toAppError(error, probe.context);
    return { name: CHECK_NAMES.tools, state: 'failed', message, advice };
  }
}

function createContextCheck(options: ProbeOptions, models: ListedModel[] | undefined): ModelCheck {
  const listed = models?.find((model) => model.id === options.model);
  const tokens = options.contextTokens ?? readContextTokens(listed);
  if (tokens === undefined) {
    return {
      name: CHECK_NAMES.context,
      state: 'skipped',
      message: 'the endpoint does not report the context size',
      advice: `Set MODEL_CONTEXT_TOKENS={"${options.model}": N}, with N as the context size of the model in tokens, so that prompts fit into the context.`,
    };
  }
  const message = `${tokens.toLocaleString('en')} tokens`;
  if (tokens >= COMFORTABLE_CONTEXT_TOKENS) return createOkCheck(CHECK_NAMES.context, message);
  const advice = `Large repositories and long tasks need a context of at least ${COMFORTABLE_CONTEXT_TOKENS.toLocaleString('en')} tokens.`;
  return { name: CHECK_NAMES.context, state: 'warning', message, advice };
}

/** Reads the context size in tokens; endpoints report the size under one of four names. */
function readContextTokens(model: ListedModel | undefined): number | undefined {
  for (const field of ['context_length', 'max_model_len', 'context_window', 'max_context_length']) {
    const value = model?.[field];
    if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  }
  return undefined;
}

/** Codes of errors that can occur only if the endpoint, the key and the model name are correct. */
const MODEL_REACHED_CODES = new Set([
  'context_too_small',
  'model_request_refused',
  'model_refused',
  'model_empty_answer',
]);

function explainFailure(
  error: AppError,
  models: ListedModel[] | undefined,
  options: ProbeOptions,
): ModelCheck[] {
  const endpoint = createOkCheck(
    CHECK_NAMES.endpoint,
    `${formatEndpoint(options.baseUrl)} answers`,
  );
  const key = createOkCheck(CHECK_NAMES.key, 'the endpoint accepts the key');
  if (error.code === 'model_unknown') {
    return createFailureChecks(
      [endpoint, key],
      CHECK_NAMES.model,
      error,
      formatKnownModels(models),
    );
  }
  if (error.kind === 'auth' || error.code === 'quota_exhausted') {
    return createFailureChecks([endpoint], CHECK_NAMES.key, error);
  }
  if (MODEL_REACHED_CODES.has(error.code)) {
    return createFailureChecks(
      [endpoint, key, createOkCheck(CHECK_NAMES.model, `${options.model} exists`)],
      CHECK_NAMES.json,
      error,
    );
  }
  return createFailureChecks([], CHECK_NAMES.endpoint, error);
}

function formatKnownModels(models: ListedModel[] | undefined): string {
  if (models === undefined || models.length === 0) return '';
  const ids = models.slice(0, 10).map(({ id }) => id.slice(0, 80));
  return ` Available models: ${ids.join(', ')}${models.length > ids.length ? ', …' : ''}.`;
}

const FAILURE_ADVICE: Readonly<Record<string, string>> = {
  model_unreachable:
    'Check that the endpoint is running, that the base URL is correct, and that the network allows the connection.',
  model_timeout: 'The endpoint may still be loading the model. Try again in a minute.',
  model_unavailable: 'The endpoint has a problem. Try again later.',
  model_rate_limited: 'Try again later, or lower MODEL_CONCURRENCY.',
  quota_exhausted: 'Add credit to the account, or raise its limit.',
  model_key_refused: 'Set MODEL_API_KEY to a key that is valid for this endpoint and model.',
  model_unknown: 'Set MODEL_HEAVY to a model that the endpoint offers.',
  model_endpoint_wrong:
    'Set MODEL_BASE_URL to the base URL of an OpenAI-compatible endpoint, which usually ends in /v1.',
};

function createFailureChecks(
  passedChecks: ModelCheck[],
  name: string,
  error: AppError,
  hint = '',
): ModelCheck[] {
  const advice = `${FAILURE_ADVICE[error.code] ?? 'Read the message above, or try another model.'}${hint}`;
  const failedCheck: ModelCheck = { name, state: 'failed', message: error.message, advice };
  const doneCount = passedChecks.length + 1;
  const skippedChecks = Object.values(CHECK_NAMES)
    .slice(doneCount)
    .map(
      (checkName): ModelCheck => ({
        name: checkName,
        state: 'skipped',
        message: `not tested, because the check of the ${name} failed`,
      }),
    );
  return [...passedChecks, failedCheck, ...skippedChecks];
}

function createOkCheck(name: string, message: string): ModelCheck {
  return { name, state: 'ok', message };
}
