import type OpenAI from 'openai';
import { z } from 'zod';
import type { AppError } from '../../core/base/app-error.ts';
import { isAppError } from '../../core/base/app-error.ts';
import { toCompletion } from './read-answer.ts';
import type { ChatCall, Dialect } from './send-chat.ts';
import { createOpenAiClient, sendChat } from './send-chat.ts';
import type { CallContext } from './to-app-error.ts';
import { formatEndpoint, toAppError } from './to-app-error.ts';

// For `doctor`: what works between here and a usable model, and what to do about what does not.

export type ModelCheck = {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly message: string;
  readonly advice?: string;
};
export type ProbeOptions = {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly model: string;
  /** Where configured: it wins over what the endpoint tells. */
  readonly contextTokens?: number;
  readonly timeoutMs: number;
  readonly now: () => number;
};

/** Planning needs about this much for the repository, its rules and the answer. */
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

/** Always six checks, in this order: endpoint, key, name, JSON, tools, context. Costs two short calls of the model. */
export async function probeModel(options: ProbeOptions): Promise<ModelCheck[]> {
  let client: OpenAI;
  try {
    client = createOpenAiClient(options);
  } catch (error) {
    const failed = toAppError(error, options);
    const untried: ModelCheck = {
      name: CHECK_NAMES.endpoint,
      state: 'skipped',
      message: 'not tried',
    };
    return createFailureChecks([untried], CHECK_NAMES.key, failed);
  }
  const probe: Probe = { client, context: options, options };

  const models = await listModels(probe);
  const json = await probeJson(probe);
  if (isAppError(json)) return explainFailure(json, models, options);

  return [
    createOkCheck(CHECK_NAMES.endpoint, `${formatEndpoint(options.baseUrl)} answers`),
    createOkCheck(CHECK_NAMES.key, options.apiKey === '' ? 'none is needed' : 'it is accepted'),
    createOkCheck(CHECK_NAMES.model, `${options.model} answers`),
    json,
    await probeTools(probe),
    createContextCheck(options, models),
  ];
}

/** Undefined when the endpoint has no list, or refuses it: only the completion decides. */
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
    const start: Dialect = { format: 'json_schema', limit: 'max_tokens' };
    const { answer, dialect } = await sendChat(probe.client, call, start, probe.context);
    const { text } = toCompletion(answer, probe.context);
    return createJsonCheck(text, dialect);
  } catch (error) {
    return toAppError(error, probe.context);
  }
}

function createJsonCheck(text: string, dialect: Dialect): ModelCheck {
  if (/"ready"\s*:\s*true/.test(text))
    return createOkCheck(CHECK_NAMES.json, `as ${dialect.format}`);
  return {
    name: CHECK_NAMES.json,
    state: 'warning',
    message: 'asked for a JSON object, it answered something else',
    advice:
      'Planning needs JSON: a larger model, or one that follows instructions, will do better.',
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
    'Agents work through tool calls: choose a model and an endpoint that support them.';
  try {
    const start: Dialect = { format: 'plain', limit: 'max_tokens' };
    const { answer } = await sendChat(probe.client, call, start, probe.context);
    if (answer.toolCalls > 0) return createOkCheck(CHECK_NAMES.tools, 'it calls tools');
    return {
      name: CHECK_NAMES.tools,
      state: 'warning',
      message: 'it did not call the tool',
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
      message: 'the endpoint does not tell its size',
      advice: `Configure the context size of ${options.model}, so that prompts are fitted to it.`,
    };
  }
  const message = `${tokens.toLocaleString('en')} tokens`;
  if (tokens >= COMFORTABLE_CONTEXT_TOKENS) return createOkCheck(CHECK_NAMES.context, message);
  const advice = `Large repositories and long tasks need more: at least ${COMFORTABLE_CONTEXT_TOKENS.toLocaleString('en')}.`;
  return { name: CHECK_NAMES.context, state: 'warning', message, advice };
}

/** Endpoints that tell it use one of these names. */
function readContextTokens(model: ListedModel | undefined): number | undefined {
  for (const field of ['context_length', 'max_model_len', 'context_window', 'max_context_length']) {
    const value = model?.[field];
    if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  }
  return undefined;
}

function explainFailure(
  error: AppError,
  models: ListedModel[] | undefined,
  options: ProbeOptions,
): ModelCheck[] {
  const endpoint = createOkCheck(
    CHECK_NAMES.endpoint,
    `${formatEndpoint(options.baseUrl)} answers`,
  );
  const key = createOkCheck(CHECK_NAMES.key, 'it is accepted');
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
  const reached = ['context_too_small', 'model_request_refused', 'model_refused'];
  if (reached.includes(error.code) || error.code === 'model_empty_answer') {
    return createFailureChecks(
      [endpoint, key, createOkCheck(CHECK_NAMES.model, options.model)],
      CHECK_NAMES.json,
      error,
    );
  }
  return createFailureChecks([], CHECK_NAMES.endpoint, error);
}

function formatKnownModels(models: ListedModel[] | undefined): string {
  if (models === undefined || models.length === 0) return '';
  const ids = models.slice(0, 10).map(({ id }) => id.slice(0, 80));
  return ` It knows: ${ids.join(', ')}${models.length > ids.length ? ', …' : ''}.`;
}

const FAILURE_ADVICE: Readonly<Record<string, string>> = {
  model_unreachable: 'Check that the endpoint runs, its base URL, and the network in between.',
  model_timeout: 'The endpoint may still be loading the model: try again, or allow more time.',
  model_unavailable: 'The fault is on the side of the endpoint: try again later.',
  model_rate_limited: 'Try again later, or lower the number of calls at once.',
  quota_exhausted: 'Add credit or raise the limit of this account.',
  model_key_refused: 'Configure a key that is valid for this endpoint and model.',
  model_unknown: 'Configure a model that the endpoint offers.',
  model_endpoint_wrong:
    'Set the base URL of an OpenAI-compatible endpoint; it usually ends in /v1.',
};

function createFailureChecks(
  before: ModelCheck[],
  name: string,
  error: AppError,
  more = '',
): ModelCheck[] {
  const advice = `${FAILURE_ADVICE[error.code] ?? 'See the message; another model may do.'}${more}`;
  const failed: ModelCheck = { name, state: 'failed', message: error.message, advice };
  const done = before.length + 1;
  const skipped = Object.values(CHECK_NAMES)
    .slice(done)
    .map((rest): ModelCheck => ({ name: rest, state: 'skipped', message: `needs the ${name}` }));
  return [...before, failed, ...skipped];
}

function createOkCheck(name: string, message: string): ModelCheck {
  return { name, state: 'ok', message };
}
