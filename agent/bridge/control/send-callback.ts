import { Agent, request as httpRequest } from 'node:http';
import { request as httpsRequest, Agent as SecureAgent } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { EndReason } from '../attempt-error.ts';
import { AttemptEnded, getAbortReason } from '../attempt-error.ts';

// One callback over HTTP: bearer, retries, and the answers that end the attempt. Free of schemas, so that the first call goes
// out before they are loaded.

export type CallbackOptions = {
  readonly apiUrl: string;
  readonly attemptId: string;
  readonly token: string;
  /** Ends every wait and retry. */
  readonly signal: AbortSignal;
  /** Called before the error is thrown, whoever made the call. */
  readonly onEnded: (ended: AttemptEnded) => void;
};

export type CallbackRequest = {
  readonly name: string;
  readonly body?: unknown;
  /** Not repeated. */
  readonly isSingleTry?: boolean;
  /** Repeated no longer than this without any answer at all: before there is a lease, nothing else ends the wait. */
  readonly maxUnansweredMs?: number;
};

type CallbackAnswer = {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfterMs: number;
};

const CALLBACK_TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
const KEEP_ALIVE_AGENTS = {
  'http:': new Agent({ keepAlive: true }),
  'https:': new SecureAgent({ keepAlive: true }),
};

/**
 * Repeats the call with growing pauses, but none longer than the API says, while it is unreachable, answers 5xx or 429, until
 * `signal` aborts.
 */
export async function sendCallback(
  options: CallbackOptions,
  call: CallbackRequest,
): Promise<unknown> {
  let heardAt = performance.now();
  for (let n = 1; ; n += 1) {
    const answer = await postCallback(options, call).catch((error: unknown) => {
      if (options.signal.aborted) throw getAbortReason(options.signal);
      if (call.isSingleTry) throw error;
      return undefined;
    });
    if (answer !== undefined) heardAt = performance.now();
    else if (performance.now() - heardAt >= (call.maxUnansweredMs ?? Number.POSITIVE_INFINITY))
      throw endAttempt(options, 'lease', `${call.name}: nobody answers`);
    const reading = answer === undefined ? 'again' : classifyStatus(answer.status);
    if (reading === 'answer') return answer?.body;
    if (reading === 'superseded' || reading === 'refused')
      throw endAttempt(options, reading, `${call.name}: the attempt has ended`);
    if (reading === 'wrong' || call.isSingleTry) {
      throw new Error(`${call.name} was answered ${answer?.status}: ${describeBody(answer?.body)}`);
    }
    const waitMs = computeBackoffMs(n, Math.random());
    await delayUnlessAborted(Math.min(waitMs, answer?.retryAfterMs ?? waitMs), options.signal);
  }
}

function endAttempt(options: CallbackOptions, reason: EndReason, message: string): AttemptEnded {
  const ended = new AttemptEnded(reason, message);
  options.onEnded(ended);
  return ended;
}

/** Where a callback goes; the same paths as the contract's route table, which is too heavy to load at start. */
export function buildCallbackPath(attemptId: string, name: string): string {
  return `/v1/attempts/${encodeURIComponent(attemptId)}/${name}`;
}

export type StatusClass = 'answer' | 'superseded' | 'refused' | 'again' | 'wrong';

export function classifyStatus(status: number): StatusClass {
  if (status >= 200 && status < 300) return 'answer';
  if (status === 409 || status === 410) return 'superseded';
  if (status === 401 || status === 403) return 'refused';
  if (status === 408 || status === 429 || status >= 500) return 'again';
  return 'wrong';
}

/** Milliseconds before try `n` (from 1): doubled each time, at most 10 s, spread so that many bridges do not come at once. */
export function computeBackoffMs(n: number, random: number): number {
  return Math.round(Math.min(10_000, 200 * 2 ** (n - 1)) * (0.5 + random / 2));
}

function postCallback(options: CallbackOptions, call: CallbackRequest): Promise<CallbackAnswer> {
  const url = new URL(options.apiUrl + buildCallbackPath(options.attemptId, call.name));
  const isSecure = url.protocol === 'https:';
  const body = JSON.stringify(call.body ?? {});
  return new Promise((resolve, reject) => {
    const outgoing = (isSecure ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      agent: KEEP_ALIVE_AGENTS[isSecure ? 'https:' : 'http:'],
      headers: {
        authorization: `Bearer ${options.token}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
      signal: AbortSignal.any([options.signal, AbortSignal.timeout(CALLBACK_TIMEOUT_MS)]),
    });
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MAX_ANSWER_BYTES) outgoing.destroy(new Error('the answer is too long'));
      });
      response.once('error', reject);
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: parseJsonOrText(text),
          retryAfterMs: parseRetryAfterMs(response.headers['retry-after']),
        }),
      );
    });
    outgoing.end(body);
  });
}

/** Infinite when nothing is said that is understood; at least a second. */
function parseRetryAfterMs(header: string | undefined): number {
  const seconds = Number(header ?? Number.NaN);
  return Number.isFinite(seconds) ? Math.max(1, seconds) * 1_000 : Number.POSITIVE_INFINITY;
}

function parseJsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.slice(0, 500);
  }
}

function describeBody(body: unknown): string {
  return (typeof body === 'string' ? body : (JSON.stringify(body) ?? '')).slice(0, 500);
}

/** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
export function delayUnlessAborted(ms: number, signal: AbortSignal): Promise<void> {
  return delay(ms, undefined, { signal }).catch(() => {
    throw getAbortReason(signal);
  });
}
