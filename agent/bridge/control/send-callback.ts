import { Agent, request as httpRequest } from 'node:http';
import { request as httpsRequest, Agent as SecureAgent } from 'node:https';
import { backoffMs } from '../../../core/base/backoff.ts';
import { parseJson } from '../../../core/base/parse-json.ts';
import { parseRetryAfterMs } from '../../../core/base/retry-after.ts';
import type { AttemptCallback } from '../../../core/contract/bridge.ts';
import { buildCallbackPath } from '../../../core/contract/bridge.ts';
import type { EndReason } from '../attempt-error.ts';
import { AttemptEnded, getAbortReason } from '../attempt-error.ts';
import { delayUnlessAborted } from '../host/delay.ts';

// Sends a callback over HTTP with retries, and recognises the answers that end the attempt. This module imports no schemas, so that
// the start callback can be sent before the schemas are loaded.

/** Options that all callbacks of an attempt share. */
export type CallbackOptions = {
  /** Base URL of the API, without a trailing slash. */
  readonly apiUrl: string;
  readonly attemptId: string;
  readonly token: string;
  /** Aborts the current request, waits and retries. */
  readonly signal: AbortSignal;
  /** Called with the AttemptEnded that `sendCallback` then throws. */
  readonly onEnded: (ended: AttemptEnded) => void;
};

/** Callback to send. */
export type CallbackRequest = {
  readonly callback: AttemptCallback;
  /** Sent as JSON. Default: an empty object. */
  readonly body?: unknown;
  /** Whether to throw after the first failure instead of retrying. Default: false. */
  readonly isSingleTry?: boolean;
  /** Time without any answer after which the attempt ends with the reason `lease`, milliseconds. Default: unlimited. */
  readonly maxUnansweredMs?: number;
};

/**
 * Meaning of an HTTP status of the API.
 * - `success`    the callback succeeded
 * - `retry`      a later try may succeed
 * - `superseded` the control plane has ended the attempt
 * - `refused`    the token is not valid
 * - `error`      the callback failed, and a retry does not help
 */
export type StatusClass = 'success' | 'retry' | 'superseded' | 'refused' | 'error';

type CallbackAnswer = {
  readonly status: number;
  readonly body: unknown;
  /** Wait in milliseconds that the header Retry-After asks for; undefined without the header. */
  readonly retryAfterMs: number | undefined;
};

const CALLBACK_TIMEOUT_MS = 15_000;
const MAX_ANSWER_CHARS = 32 * 1024 * 1024;
/** Limit for the part of an answer that an error message quotes. */
const MAX_QUOTED_CHARS = 500;
const RETRY_BACKOFF = { firstMs: 200, maxMs: 10_000 };
/** A shorter wait in the header Retry-After is raised to this value, milliseconds. */
const MIN_RETRY_AFTER_MS = 1_000;
const KEEP_ALIVE_AGENTS = {
  'http:': new Agent({ keepAlive: true }),
  'https:': new SecureAgent({ keepAlive: true }),
};

/**
 * Sends a callback and returns the parsed body of the answer. Retries with growing waits while the API is unreachable or answers
 * 408, 429 or 5xx. A header Retry-After can shorten a wait, but not extend a wait. Throws AttemptEnded for an answer that ends
 * the attempt, and the reason of `options.signal` when the signal aborts.
 */
export async function sendCallback(
  options: CallbackOptions,
  request: CallbackRequest,
): Promise<unknown> {
  const { callback, isSingleTry, maxUnansweredMs = Number.POSITIVE_INFINITY } = request;
  let lastAnswerAt = performance.now();
  for (let tries = 1; ; tries += 1) {
    const answer = await postCallback(options, request).catch((error: unknown) => {
      if (options.signal.aborted) throw getAbortReason(options.signal);
      if (isSingleTry) throw error;
      return undefined;
    });
    if (answer !== undefined) lastAnswerAt = performance.now();
    else if (performance.now() - lastAnswerAt >= maxUnansweredMs)
      throw endAttempt(
        options,
        'lease',
        `callback ${callback}: the API at ${options.apiUrl} did not answer for ${maxUnansweredMs / 1_000} s`,
      );
    const statusClass = answer === undefined ? 'retry' : classifyStatus(answer.status);
    if (statusClass === 'success') return answer?.body;
    if (statusClass === 'superseded')
      throw endAttempt(
        options,
        'superseded',
        `callback ${callback}: the control plane has ended the attempt`,
      );
    if (statusClass === 'refused')
      throw endAttempt(
        options,
        'refused',
        `callback ${callback}: the API at ${options.apiUrl} refused the attempt token`,
      );
    if (statusClass === 'error' || isSingleTry) {
      const body = describeBody(answer?.body);
      throw new Error(
        `callback ${callback}: the API answered with status ${answer?.status}: ${body}`,
      );
    }
    const waitMs = computeRetryWaitMs(tries, Math.random());
    await delayUnlessAborted(Math.min(waitMs, answer?.retryAfterMs ?? waitMs), options.signal);
  }
}

function endAttempt(options: CallbackOptions, reason: EndReason, message: string): AttemptEnded {
  const ended = new AttemptEnded(reason, message);
  options.onEnded(ended);
  return ended;
}

/** Classifies an HTTP status. Redirects and all 4xx statuses without a special meaning are errors. */
export function classifyStatus(status: number): StatusClass {
  if (status >= 200 && status < 300) return 'success';
  if (status === 409 || status === 410) return 'superseded';
  if (status === 401 || status === 403) return 'refused';
  if (status === 408 || status === 429 || status >= 500) return 'retry';
  return 'error';
}

/**
 * Computes the wait before the next try, milliseconds. The random part spreads the retries of many bridges over time.
 *
 * @param tries number of tries so far, from 1
 * @param random from 0 (wait half of the backoff) to 1 (wait the whole backoff)
 */
export function computeRetryWaitMs(tries: number, random: number): number {
  return Math.round(backoffMs(tries, RETRY_BACKOFF) * (0.5 + random / 2));
}

function postCallback(options: CallbackOptions, request: CallbackRequest): Promise<CallbackAnswer> {
  const url = new URL(options.apiUrl + buildCallbackPath(request.callback, options.attemptId));
  const isSecure = url.protocol === 'https:';
  const body = JSON.stringify(request.body ?? {});
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
        if (text.length <= MAX_ANSWER_CHARS) return;
        outgoing.destroy(new Error(`the answer is longer than ${MAX_ANSWER_CHARS} characters`));
      });
      response.once('error', reject);
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: parseJson(text) ?? text.slice(0, MAX_QUOTED_CHARS),
          retryAfterMs: readRetryAfterMs(response.headers['retry-after']),
        }),
      );
    });
    outgoing.end(body);
  });
}

function readRetryAfterMs(header: string | undefined): number | undefined {
  const waitMs = parseRetryAfterMs(header, Date.now());
  return waitMs === undefined ? undefined : Math.max(MIN_RETRY_AFTER_MS, waitMs);
}

function describeBody(body: unknown): string {
  const text = typeof body === 'string' ? body : (JSON.stringify(body) ?? '');
  return text.slice(0, MAX_QUOTED_CHARS);
}
