import { setTimeout as delay } from 'node:timers/promises';
import { describeError } from '../../core/base/describe-error.ts';
import { parseRetryAfterMs } from '../../core/base/retry-after.ts';
import { CliError, EXIT } from '../cli-error.ts';
import type { PreparedRequest } from './prepare-request.ts';

/** How a request is sent and repeated. */
export type SendOptions = {
  readonly authorization: string | undefined;
  /** True if the request may be sent again without a second effect. */
  readonly isRepeatable: boolean;
  /** Milliseconds during which the request is repeated. */
  readonly retryPeriodMs: number;
  /** Milliseconds for each try. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Receives a note after the fourth failed try. */
  readonly onNote: ((text: string) => void) | undefined;
  readonly now: () => number;
};

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 2_000;
const RETRYABLE_STATUSES = new Set([429, 502, 503, 504]);

/**
 * Sends a request and returns the response of any status. Repeats the request with growing pauses after connection errors
 * and after temporary statuses (429, 502, 503, 504).
 *
 * @throws CliError with exit code `unreachable` if no response arrives
 */
export async function sendRequest(
  request: PreparedRequest,
  options: SendOptions,
): Promise<Response> {
  const giveUpAt = options.now() + options.retryPeriodMs;
  let pauseMs = FIRST_PAUSE_MS;
  for (let tryCount = 1; ; tryCount += 1) {
    const outcome = await sendOnce(request, options);
    const canRepeat = options.isRepeatable || isRefusedConnection(outcome.error);
    const waitMs = Math.max(pauseMs * (0.75 + Math.random() / 2), outcome.retryAfterMs);
    const isLastTry = !canRepeat || options.now() + waitMs > giveUpAt;
    if (
      outcome.response !== undefined &&
      (isLastTry || !RETRYABLE_STATUSES.has(outcome.response.status))
    ) {
      return outcome.response;
    }
    if (isLastTry) throw createUnreachableError(request.baseUrl, outcome.error);
    if (tryCount === 4) options.onNote?.(`${request.baseUrl} is not available; trying again`);
    await outcome.response?.body?.cancel();
    await delay(waitMs, undefined, { signal: options.signal });
    pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
  }
}

type RequestOutcome = {
  readonly response?: Response;
  readonly error?: unknown;
  readonly retryAfterMs: number;
};

async function sendOnce(request: PreparedRequest, options: SendOptions): Promise<RequestOutcome> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const headers = { ...request.headers };
  if (options.authorization !== undefined) headers.authorization = options.authorization;
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers,
      body: request.body ?? null,
      redirect: 'error',
      signal: options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]),
    });
    const retryAfterMs = parseRetryAfterMs(response.headers.get('retry-after'), options.now());
    return { response, retryAfterMs: retryAfterMs ?? 0 };
  } catch (error) {
    options.signal?.throwIfAborted();
    return { error, retryAfterMs: 0 };
  }
}

/** Returns the system error codes of a failed request, such as ECONNREFUSED. `fetch` nests them in causes. */
function collectErrorCodes(error: unknown): string[] {
  const codes: string[] = [];
  let cause = error;
  for (let depth = 0; cause instanceof Error && depth < 5; depth += 1) {
    if ('code' in cause && typeof cause.code === 'string') codes.push(cause.code);
    if (cause instanceof AggregateError) codes.push(...cause.errors.flatMap(collectErrorCodes));
    cause = cause.cause;
  }
  return codes;
}

/** Tells whether the connection was refused. The request was then never sent, so any request can be repeated. */
function isRefusedConnection(error: unknown): boolean {
  return collectErrorCodes(error).includes('ECONNREFUSED');
}

function createUnreachableError(url: string, error: unknown): CliError {
  const codes = collectErrorCodes(error);
  const message = codes.includes('ECONNREFUSED')
    ? `smol-gang is not running at ${url}`
    : `${url} does not answer (${codes[0] ?? describeReason(error)})`;
  return new CliError(EXIT.unreachable, 'unreachable', message, {
    advice: 'start smol-gang with `make dev`, or set SMOL_GANG_URL to the URL where it runs',
    cause: error,
  });
}

function describeReason(error: unknown): string {
  if (!(error instanceof Error)) return describeError(error);
  if (error.name === 'TimeoutError') return 'timed out';
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message}${cause}`;
}
