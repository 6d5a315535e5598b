import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai';
import { AppError, isAppError } from '../../core/base/app-error.ts';
import { readRetryAfterMs } from './read-retry-after.ts';

// What an endpoint or the network answered, as the core's error. The original error is not kept as a cause: it may repeat
// the prompt or the key.

const SECOND_MS = 1000;
const QUOTA_WAIT_MS = 15 * 60 * SECOND_MS;
const THROTTLE_WAIT_MS = 20 * SECOND_MS;
const UNREACHABLE_WAIT_MS = 30 * SECOND_MS;
const UNAVAILABLE_WAIT_MS = 15 * SECOND_MS;

export type CallContext = {
  readonly model: string;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly now: () => number;
};

/** The part of a refusal that decides what it means; from an HTTP status or from an error inside a 200. */
type Refusal = {
  readonly status: number;
  readonly code: string;
  readonly words: string;
  readonly headers: Headers | undefined;
};

export function toAppError(error: unknown, context: CallContext): AppError {
  if (isAppError(error)) return error;
  if (isTimeout(error)) return createTimeoutError(context);
  if (error instanceof APIConnectionError) return createUnreachableError(error, context);
  if (error instanceof APIError) return toRefusalError(readRefusal(error, context.apiKey), context);
  // Only the body is left: cut off on the way, or not the JSON that its header promised.
  return createPausedError(
    'model_unavailable',
    `${formatEndpoint(context.baseUrl)} sent an answer that cannot be read`,
    {
      until: context.now() + UNAVAILABLE_WAIT_MS,
    },
  );
}

/** For endpoints that answer 200 with `{error: {code, message}}`. */
export function toBodyError(
  body: { readonly code?: unknown; readonly message?: unknown; readonly type?: unknown },
  context: CallContext,
): AppError {
  const numeric = Number(body.code);
  const status = Number.isInteger(numeric) && numeric >= 400 && numeric < 600 ? numeric : 502;
  const code = typeof body.code === 'string' ? body.code : String(body.type ?? '');
  const words = redactMessage(String(body.message ?? ''), context.apiKey);
  return toRefusalError({ status, code, words, headers: undefined }, context);
}

/** Whether a 400 is about how the answer was asked for, not about the prompt. */
export function isFormatRefusal(error: unknown): boolean {
  if (!(error instanceof APIError) || isContextRefusal(readRefusal(error, ''))) return false;
  // Some routers say 404 when no provider behind them takes `response_format`.
  if (error.status === 404) return /response_format|requested parameters/i.test(error.message);
  return error.status === 400 || error.status === 422;
}

/** Which spelling of the output limit the endpoint refuses, if that is what its 400 is about. */
export function findRefusedLimit(
  error: unknown,
): 'max_tokens' | 'max_completion_tokens' | 'wants_max_completion_tokens' | undefined {
  if (!(error instanceof APIError) || (error.status !== 400 && error.status !== 422)) {
    return undefined;
  }
  const text = `${error.param ?? ''} ${error.message}`;
  if (isContextRefusal(readRefusal(error, ''))) {
    // The room asked for the answer may be all that is too much.
    return /completion|max_tokens/i.test(error.message) ? 'max_tokens' : undefined;
  }
  if (/use\W{0,3}max_completion_tokens/i.test(text)) return 'wants_max_completion_tokens';
  if (/max_completion_tokens/.test(text)) return 'max_completion_tokens';
  return /max_tokens/.test(text) ? 'max_tokens' : undefined;
}

function isTimeout(error: unknown): boolean {
  if (error instanceof APIConnectionTimeoutError || error instanceof APIUserAbortError) return true;
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
}

function readRefusal(error: APIError, apiKey: string): Refusal {
  return {
    status: error.status ?? 502,
    code: `${error.code ?? ''} ${error.type ?? ''}`.trim(),
    words: redactMessage(error.message, apiKey),
    headers: error.headers,
  };
}

function toRefusalError(refusal: Refusal, context: CallContext): AppError {
  const { status, words } = refusal;
  const details = { status, model: context.model };
  if (isQuotaRefusal(refusal)) return createQuotaError(refusal, context);
  if (status === 429) return createThrottledError(refusal, context);
  if (status === 401 || status === 403) {
    const message = `${formatEndpoint(context.baseUrl)} refuses the key for model ${context.model}: ${words}`;
    return new AppError('auth', 'model_key_refused', message, { details });
  }
  if (isContextRefusal(refusal)) {
    const message = `the prompt does not fit the context of model ${context.model}: ${words}`;
    return new AppError('invalid', 'context_too_small', message, { details });
  }
  if (status === 404) return createNotFoundError(refusal, context);
  if (status >= 500 || status === 408 || status === 409)
    return createUnavailableError(refusal, context);
  const message = `${formatEndpoint(context.baseUrl)} does not accept the request for model ${context.model}: ${words}`;
  return new AppError('invalid', 'model_request_refused', message, { details });
}

function isQuotaRefusal({ status, code }: Refusal): boolean {
  return status === 402 || /insufficient_quota|billing|quota_exceeded|payment/i.test(code);
}

function isContextRefusal({ status, code, words }: Refusal): boolean {
  if (status === 413) return true;
  if (status !== 400 && status !== 422) return false;
  return /context_length_exceeded|context (length|window|size)|maximum context|too many (input )?tokens|prompt is too long|available context/i.test(
    `${code} ${words}`,
  );
}

function createQuotaError(refusal: Refusal, context: CallContext): AppError {
  const asked = readRetryAfterMs(refusal.headers, context.now()) ?? 0;
  const message = `the quota for model ${context.model} at ${formatEndpoint(context.baseUrl)} is used up: ${refusal.words}`;
  return createPausedError('quota_exhausted', message, {
    until: context.now() + Math.max(QUOTA_WAIT_MS, asked),
  });
}

function createThrottledError(refusal: Refusal, context: CallContext): AppError {
  const asked = readRetryAfterMs(refusal.headers, context.now());
  const message = `${formatEndpoint(context.baseUrl)} limits the rate of calls to model ${context.model}: ${refusal.words}`;
  return createPausedError('model_rate_limited', message, {
    until: context.now() + (asked ?? THROTTLE_WAIT_MS),
    ...(asked === undefined ? {} : { retryAfter: true }),
  });
}

function createUnavailableError(refusal: Refusal, context: CallContext): AppError {
  const asked = readRetryAfterMs(refusal.headers, context.now());
  const message = `${formatEndpoint(context.baseUrl)} fails with status ${refusal.status}: ${refusal.words}`;
  return createPausedError('model_unavailable', message, {
    until: context.now() + (asked ?? UNAVAILABLE_WAIT_MS),
    ...(asked === undefined ? {} : { retryAfter: true }),
  });
}

function createNotFoundError(refusal: Refusal, context: CallContext): AppError {
  const details = { status: 404, model: context.model };
  if (/model/i.test(`${refusal.code} ${refusal.words}`)) {
    const message = `${formatEndpoint(context.baseUrl)} knows no model "${context.model}": ${refusal.words}`;
    return new AppError('invalid', 'model_unknown', message, { details });
  }
  const message = `${formatEndpoint(context.baseUrl)} has no chat completions (404); the base URL usually ends in /v1. Model: "${context.model}"`;
  return new AppError('invalid', 'model_endpoint_wrong', message, { details });
}

function createTimeoutError(context: CallContext): AppError {
  return createPausedError(
    'model_timeout',
    `${formatEndpoint(context.baseUrl)} did not answer in time`,
    {
      until: context.now() + UNREACHABLE_WAIT_MS,
    },
  );
}

function createUnreachableError(error: APIConnectionError, context: CallContext): AppError {
  const code = findNetworkCode(error);
  const message = `${formatEndpoint(context.baseUrl)} cannot be reached${code === '' ? '' : ` (${code})`}`;
  return createPausedError('model_unreachable', message, {
    until: context.now() + UNREACHABLE_WAIT_MS,
  });
}

/** The system's code (ECONNREFUSED, ENOTFOUND) lies some causes below. */
function findNetworkCode(error: unknown): string {
  let at: unknown = error;
  for (let depth = 0; depth < 5 && at instanceof Error; depth += 1) {
    if ('code' in at && typeof at.code === 'string') return at.code;
    at = at.cause;
  }
  return '';
}

function createPausedError(
  code: string,
  message: string,
  details: { readonly until: number },
): AppError {
  return new AppError('paused', code, message, { details });
}

/** The endpoint without user, password and query: they may hold secrets. */
export function formatEndpoint(baseUrl: string): string {
  if (!URL.canParse(baseUrl)) return 'the model endpoint';
  const url = new URL(baseUrl);
  return `${url.origin}${url.pathname.replace(/\/$/, '')}`;
}

function redactMessage(words: string, apiKey: string): string {
  const plain = words.replace(/\s+/g, ' ').trim();
  const safe = apiKey.length < 4 ? plain : plain.replaceAll(apiKey, '[key]');
  return safe.length > 300 ? `${safe.slice(0, 300)}…` : safe;
}
