import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai';
import { AppError, isAppError } from '../../core/base/app-error.ts';
import { MAX_RETRY_AFTER_MS, parseRetryAfterMs } from '../../core/base/retry-after.ts';
import type { ReportedFault } from '../../core/chat/chat-reply.ts';
import { classifyFault } from '../../core/chat/classify-fault.ts';

// Converts endpoint and network errors. The result has no `cause`, because the original error may contain the prompt or the key.

const SECOND_MS = 1000;
// Waits after a response without Retry-After. If the quota is used up, QUOTA_WAIT_MS is also the minimum wait.
const QUOTA_WAIT_MS = 15 * 60 * SECOND_MS;
const THROTTLE_WAIT_MS = 20 * SECOND_MS;
const UNREACHABLE_WAIT_MS = 30 * SECOND_MS;
const UNAVAILABLE_WAIT_MS = 15 * SECOND_MS;

/** Model and endpoint of a call. */
export type CallContext = {
  readonly model: string;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly now: () => number;
};

/** Parts of an error response, or of an error in a response with status 200. */
type Refusal = {
  /** Undefined for an error without a status in a response with status 200. */
  readonly status: number | undefined;
  readonly code: string;
  /** Message of the endpoint on one line, without the key. */
  readonly message: string;
  readonly headers: Headers | undefined;
};

/** Converts any error of a call of the model. */
export function toAppError(error: unknown, context: CallContext): AppError {
  if (isAppError(error)) return error;
  if (isTimeout(error)) return createTimeoutError(context);
  if (error instanceof APIConnectionError) return createUnreachableError(error, context);
  if (error instanceof APIError) return toRefusalError(readRefusal(error, context.apiKey), context);
  // All other errors concern the body: the body is incomplete, or is not JSON although its content type is JSON.
  return createPausedError(
    'model_unavailable',
    `${formatEndpoint(context.baseUrl)} sent an unreadable response`,
    {
      until: context.now() + UNAVAILABLE_WAIT_MS,
    },
  );
}

/** Converts an error that the body of a response with status 200 reports. */
export function toAppErrorFromFault(fault: ReportedFault, context: CallContext): AppError {
  const message = redactMessage(fault.message, context.apiKey);
  return toRefusalError({ ...fault, message, headers: undefined }, context);
}

/**
 * Creates the error for a response without a complete answer. The same request may succeed, so the caller asks again before the work
 * waits until `details.until`.
 */
export function createIncompleteError(
  reason: string,
  usage: { readonly inputTokens: number; readonly outputTokens: number },
  context: CallContext,
): AppError {
  const message = `${formatEndpoint(context.baseUrl)} sent no complete answer of model ${context.model}: ${reason}`;
  const until = context.now() + UNAVAILABLE_WAIT_MS;
  return new AppError('paused', 'model_unavailable', message, {
    details: { until, model: context.model, usage, canAskAgain: true },
  });
}

/** Returns true if the endpoint rejected the answer format, not the prompt. */
export function isFormatRefusal(error: unknown): boolean {
  if (!(error instanceof APIError) || isContextRefusal(readRefusal(error, ''))) return false;
  // Some routers respond with 404 if none of their providers accepts `response_format`.
  if (error.status === 404) return /response_format|requested parameters/i.test(error.message);
  return error.status === 400 || error.status === 422;
}

/**
 * Returns the parameter for the output limit that the endpoint rejected; undefined if the rejection has another reason.
 * `needs_max_completion_tokens`: the endpoint rejected `max_tokens` and asks for `max_completion_tokens`.
 */
export function findRefusedLimit(
  error: unknown,
): 'max_tokens' | 'max_completion_tokens' | 'needs_max_completion_tokens' | undefined {
  if (!(error instanceof APIError) || (error.status !== 400 && error.status !== 422)) {
    return undefined;
  }
  const text = `${error.param ?? ''} ${error.message}`;
  if (isContextRefusal(readRefusal(error, ''))) {
    // The prompt may fit if the request reserves no room for the answer.
    return /completion|max_tokens/i.test(error.message) ? 'max_tokens' : undefined;
  }
  if (/use\W{0,3}max_completion_tokens/i.test(text)) return 'needs_max_completion_tokens';
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
    message: redactMessage(error.message, apiKey),
    headers: error.headers,
  };
}

function toRefusalError(refusal: Refusal, context: CallContext): AppError {
  const { status } = refusal;
  const details = { ...(status === undefined ? {} : { status }), model: context.model };
  // Some servers report a prompt that is too long with a status above 500.
  if (isContextRefusal(refusal)) {
    const message = `the prompt does not fit into the context of model ${context.model}: ${refusal.message}`;
    return new AppError('invalid', 'context_too_small', message, { details });
  }
  const problem = classifyFault(refusal);
  switch (problem) {
    case 'payment':
    case 'quota':
      return createQuotaError(refusal, context);
    case 'rate_limit':
      return createThrottledError(refusal, context);
    case 'key': {
      const message = `${formatEndpoint(context.baseUrl)} rejects the key for model ${context.model}: ${refusal.message}`;
      return new AppError('auth', 'model_key_refused', message, { details });
    }
    case 'busy':
      return createUnavailableError(refusal, context);
    case 'request': {
      if (status === 404) return createNotFoundError(refusal, context);
      const message = `${formatEndpoint(context.baseUrl)} rejects the request for model ${context.model}${formatStatus(status)}: ${refusal.message}`;
      return new AppError('invalid', 'model_request_refused', message, { details });
    }
    default:
      return problem satisfies never;
  }
}

function formatStatus(status: number | undefined): string {
  return status === undefined ? '' : ` (status ${status})`;
}

function isContextRefusal({ status, code, message }: Refusal): boolean {
  if (status === 413) return true;
  if (status !== undefined && ![400, 422, 500].includes(status)) return false;
  return /context_length_exceeded|exceed_context_size|context (length|window|size)|maximum context|too many (input )?tokens|prompt is too long|available context/i.test(
    `${code} ${message}`,
  );
}

/** Returns the wait that the endpoint requested, at most one hour; undefined if no header requests a wait. */
function readRetryAfterMs(headers: Headers | undefined, now: number): number | undefined {
  const milliseconds = headers?.get('retry-after-ms')?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(milliseconds)) return Math.min(Number(milliseconds), MAX_RETRY_AFTER_MS);
  return parseRetryAfterMs(headers?.get('retry-after'), now);
}

function createQuotaError(refusal: Refusal, context: CallContext): AppError {
  const requestedMs = readRetryAfterMs(refusal.headers, context.now()) ?? 0;
  const message = `the quota for model ${context.model} at ${formatEndpoint(context.baseUrl)} is used up: ${refusal.message}`;
  return createPausedError('quota_exhausted', message, {
    until: context.now() + Math.max(QUOTA_WAIT_MS, requestedMs),
  });
}

function createThrottledError(refusal: Refusal, context: CallContext): AppError {
  const requestedMs = readRetryAfterMs(refusal.headers, context.now());
  const message = `${formatEndpoint(context.baseUrl)} limits the rate of calls to model ${context.model}: ${refusal.message}`;
  return createPausedError('model_rate_limited', message, {
    until: context.now() + (requestedMs ?? THROTTLE_WAIT_MS),
    ...(requestedMs === undefined ? {} : { retryAfter: true }),
  });
}

function createUnavailableError(refusal: Refusal, context: CallContext): AppError {
  const requestedMs = readRetryAfterMs(refusal.headers, context.now());
  const message = `${formatEndpoint(context.baseUrl)} fails${formatStatus(refusal.status)}: ${refusal.message}`;
  return createPausedError('model_unavailable', message, {
    until: context.now() + (requestedMs ?? UNAVAILABLE_WAIT_MS),
    ...(requestedMs === undefined ? {} : { retryAfter: true }),
  });
}

function createNotFoundError(refusal: Refusal, context: CallContext): AppError {
  const details = { status: 404, model: context.model };
  if (/model/i.test(`${refusal.code} ${refusal.message}`)) {
    const message = `${formatEndpoint(context.baseUrl)} has no model "${context.model}": ${refusal.message}`;
    return new AppError('invalid', 'model_unknown', message, { details });
  }
  const message = `${formatEndpoint(context.baseUrl)} offers no chat completions (404) for model "${context.model}"; check MODEL_BASE_URL, which usually ends in /v1`;
  return new AppError('invalid', 'model_endpoint_wrong', message, { details });
}

function createTimeoutError(context: CallContext): AppError {
  return createPausedError(
    'model_timeout',
    `${formatEndpoint(context.baseUrl)} did not respond in time`,
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

/** Finds the system error code (for example ECONNREFUSED) in the chain of causes. */
function findNetworkCode(error: unknown): string {
  let current: unknown = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    if ('code' in current && typeof current.code === 'string') return current.code;
    current = current.cause;
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

/** Formats an endpoint without user, password and query, which may contain secrets. */
export function formatEndpoint(baseUrl: string): string {
  if (!URL.canParse(baseUrl)) return 'the model endpoint';
  const url = new URL(baseUrl);
  return `${url.origin}${url.pathname.replace(/\/$/, '')}`;
}

function redactMessage(message: string, apiKey: string): string {
  const singleLine = message.replace(/\s+/g, ' ').trim();
  const safe = apiKey.length < 4 ? singleLine : singleLine.replaceAll(apiKey, '[key]');
  return safe.length > 300 ? `${safe.slice(0, 300)}…` : safe;
}
