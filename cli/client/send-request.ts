import { setTimeout as delay } from 'node:timers/promises';
import { CliError, EXIT } from '../cli-error.ts';
import type { PreparedRequest } from './client.ts';

export type SendOptions = {
  readonly authorization: string | undefined;
  /** Repeating it does no harm: it reads, deletes, or carries an idempotency key. */
  readonly isRepeatable: boolean;
  readonly patienceMs: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly onNote: ((text: string) => void) | undefined;
  readonly now: () => number;
};

const MIN_DELAY_MS = 100;
const MAX_DELAY_MS = 2_000;
const RETRYABLE_STATUSES = new Set([429, 502, 503, 504]);

/** One request and its answer, whatever its status; repeated with growing pauses while that may help. */
export async function sendRequest(
  request: PreparedRequest,
  options: SendOptions,
): Promise<Response> {
  const giveUpAt = options.now() + options.patienceMs;
  let pause = MIN_DELAY_MS;
  for (let tries = 1; ; tries += 1) {
    const outcome = await sendOnce(request, options);
    const mayRepeat = options.isRepeatable || isRefusedConnection(outcome.error);
    const wait = Math.max(pause * (0.75 + Math.random() / 2), outcome.retryAfterMs);
    const isLast = !mayRepeat || options.now() + wait > giveUpAt;
    if (
      outcome.response !== undefined &&
      (isLast || !RETRYABLE_STATUSES.has(outcome.response.status))
    ) {
      return outcome.response;
    }
    if (isLast) throw createUnreachableError(request.baseUrl, outcome.error);
    if (tries === 4) options.onNote?.(`no answer from ${request.baseUrl}, trying again`);
    await outcome.response?.body?.cancel();
    await delay(wait, undefined, { signal: options.signal });
    pause = Math.min(pause * 2, MAX_DELAY_MS);
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
    const seconds = Number(response.headers.get('retry-after') ?? 0);
    return { response, retryAfterMs: Number.isFinite(seconds) ? seconds * 1_000 : 0 };
  } catch (error) {
    options.signal?.throwIfAborted();
    return { error, retryAfterMs: 0 };
  }
}

/** Codes of the failed connection, however deep `fetch` has put them. */
function collectConnectionCodes(error: unknown): string[] {
  const codes: string[] = [];
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; depth += 1) {
    if ('code' in at && typeof at.code === 'string') codes.push(at.code);
    if (at instanceof AggregateError) codes.push(...at.errors.flatMap(collectConnectionCodes));
    at = at.cause;
  }
  return codes;
}

/** The request never left: it may be repeated whatever it does. */
function isRefusedConnection(error: unknown): boolean {
  return collectConnectionCodes(error).includes('ECONNREFUSED');
}

function createUnreachableError(url: string, error: unknown): CliError {
  const codes = collectConnectionCodes(error);
  const message = codes.includes('ECONNREFUSED')
    ? `smol-gang is not running at ${url}`
    : `${url} does not answer (${codes[0] ?? describeReason(error)})`;
  return new CliError(EXIT.unreachable, 'unreachable', message, {
    advice: 'start it with `make dev`, or set SMOL_GANG_URL to where it runs',
    cause: error,
  });
}

function describeReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'timed out';
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message}${cause}`;
}
