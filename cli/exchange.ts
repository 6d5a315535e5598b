import { setTimeout as delay } from 'node:timers/promises';
import { CliError, EXIT } from './cli-error.ts';
import type { PreparedRequest } from './client.ts';

export type ExchangeOptions = {
  readonly authorization: string | undefined;
  /** Repeating it does no harm: it reads, deletes, or carries an idempotency key. */
  readonly repeatable: boolean;
  readonly patienceMs: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly onNote: ((text: string) => void) | undefined;
  readonly now: () => number;
};

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 2_000;
const PASSING = new Set([429, 502, 503, 504]);

/** One request and its answer, whatever its status; repeated with growing pauses while that may help. */
export async function exchange(
  request: PreparedRequest,
  options: ExchangeOptions,
): Promise<Response> {
  const giveUpAt = options.now() + options.patienceMs;
  let pause = FIRST_DELAY_MS;
  for (let tries = 1; ; tries += 1) {
    const outcome = await requestOnce(request, options);
    const mayRepeat = options.repeatable || isRefusedConnection(outcome.error);
    const wait = Math.max(pause * (0.75 + Math.random() / 2), outcome.retryAfterMs);
    const isLast = !mayRepeat || options.now() + wait > giveUpAt;
    if (outcome.response !== undefined && (isLast || !PASSING.has(outcome.response.status))) {
      return outcome.response;
    }
    if (isLast) throw unreachable(request.baseUrl, outcome.error);
    if (tries === 4) options.onNote?.(`no answer from ${request.baseUrl}, trying again`);
    await outcome.response?.body?.cancel();
    await delay(wait, undefined, { signal: options.signal });
    pause = Math.min(pause * 2, MAX_DELAY_MS);
  }
}

type Outcome = { response?: Response; error?: unknown; retryAfterMs: number };

async function requestOnce(request: PreparedRequest, options: ExchangeOptions): Promise<Outcome> {
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
function connectionCodes(error: unknown): string[] {
  const codes: string[] = [];
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; depth += 1) {
    if ('code' in at && typeof at.code === 'string') codes.push(at.code);
    if (at instanceof AggregateError) codes.push(...at.errors.flatMap(connectionCodes));
    at = at.cause;
  }
  return codes;
}

/** The request never left: it may be repeated whatever it does. */
function isRefusedConnection(error: unknown): boolean {
  return connectionCodes(error).includes('ECONNREFUSED');
}

function unreachable(url: string, error: unknown): CliError {
  const codes = connectionCodes(error);
  const message = codes.includes('ECONNREFUSED')
    ? `smol-gang is not running at ${url}`
    : `${url} does not answer (${codes[0] ?? reasonOf(error)})`;
  return new CliError(EXIT.unreachable, 'unreachable', message, {
    advice: 'start it with `make dev`, or set SMOL_GANG_URL to where it runs',
    cause: error,
  });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'timed out';
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message}${cause}`;
}
