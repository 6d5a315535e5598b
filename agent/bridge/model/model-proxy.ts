import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { parseJson } from '../../../core/base/parse-json.ts';
import { parseRetryAfterMs } from '../../../core/base/retry-after.ts';
import { delayUnlessAborted } from '../host/delay.ts';
import type { ModelFailure } from './inspect-reply.ts';
import { ReplyInspector } from './inspect-reply.ts';
import { computeParkEnd, judgeProviderReply } from './judge-provider-reply.ts';
import type { ModelCall } from './model-call.ts';
import { prepareModelCall } from './model-call.ts';
import type { TokenCounts } from './token-usage.ts';
import { estimateTokens, readTokenCounts, UsageStreamReader } from './token-usage.ts';
import type { Upstream } from './upstream.ts';
import { callUpstream } from './upstream.ts';

// HTTP proxy between the agent and the model endpoint. The agent gets a bearer token that only this proxy accepts. The proxy adds the
// real key, counts tokens and enforces the limits of the attempt.

/** Settings and callbacks of a model proxy. */
export type ModelProxyOptions = {
  readonly upstream: Upstream;
  /** Name of the model, set in every request. */
  readonly model: string;
  /** Returns a message for an exhausted limit; undefined if none is exhausted. */
  readonly findExhaustedLimit: () => string | undefined;
  readonly onTokens: (tokens: TokenCounts) => void;
  /** Called when the proxy sends a request to the endpoint or receives a part of a reply. */
  readonly onProgress: () => void;
  /** Called with the fields and tools that the proxy has removed from a request. */
  readonly onRemovedParts: (parts: readonly string[]) => void;
  /** Called when the proxy refuses a request because a limit is exhausted. */
  readonly onLimit: (reason: string) => void;
  /** Called when the attempt must end, because the endpoint refuses requests until `until`, epoch milliseconds. */
  readonly onProviderRefusal: (reason: string, until: number) => void;
  readonly signal: AbortSignal;
};

const MAX_REQUEST_BYTES = 16 * 1024 * 1024;
const MAX_REPLY_CHARS = 64 * 1024 * 1024;
const MAX_ERROR_REPLY_CHARS = 16 * 1024;

/** Model proxy of one attempt, on a loopback port. */
export class ModelProxy {
  /** Bearer token that the agent must send. */
  readonly bearer = `smol-${randomBytes(24).toString('base64url')}`;
  readonly #options: ModelProxyOptions;
  readonly #server = createServer((request, response) => {
    this.#serveRequest(request, response).catch(() => response.destroy());
  });
  #lastFailure: ModelFailure | undefined;

  constructor(options: ModelProxyOptions) {
    this.#options = options;
  }

  /** Listens on a free loopback port. Returns the base URL without a path. */
  async listen(): Promise<string> {
    // A model may need minutes before the first byte of the reply.
    this.#server.requestTimeout = 0;
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string')
      throw new Error('the model proxy could not listen on a loopback port');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Stops listening and closes all connections. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /**
   * Describes the failure of the newest request that consumes tokens; undefined if the request succeeded. The bridge needs this
   * information, because some agents end their turn after a failed request as if the task were done.
   */
  get lastFailure(): ModelFailure | undefined {
    return this.#lastFailure;
  }

  async #serveRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isAuthorised(request, this.bearer)) {
      const message = 'the model proxy of this attempt does not accept this bearer token';
      return refuseRequest(response, 401, 'unauthorised', message);
    }
    const body = await readRequestBody(request, MAX_REQUEST_BYTES);
    if (body === undefined)
      return refuseRequest(
        response,
        413,
        'too_large',
        `the request has more than ${MAX_REQUEST_BYTES} bytes`,
      );
    const call = prepareModelCall(
      request.method ?? '',
      request.url ?? '',
      body,
      this.#options.model,
    );
    if ('problem' in call)
      return refuseRequest(response, call.status, 'invalid_request', call.problem);
    if (call.removed.length > 0) this.#options.onRemovedParts(call.removed);
    const limitMessage = call.isMetered ? this.#options.findExhaustedLimit() : undefined;
    if (limitMessage !== undefined) {
      refuseRequest(response, 429, 'limit_reached', `${limitMessage}; the attempt ends`);
      return this.#options.onLimit(limitMessage);
    }
    await this.#forwardCall(call, request, response);
  }

  async #forwardCall(call: ModelCall, request: IncomingMessage, response: ServerResponse) {
    const disconnect = new AbortController();
    response.once('close', () => disconnect.abort(new Error('the agent closed the connection')));
    const signal = AbortSignal.any([disconnect.signal, this.#options.signal]);
    for (let tries = 1; ; tries += 1) {
      this.#options.onProgress();
      const reply = await this.#callUpstream(call, request, signal);
      if (signal.aborted) return;
      if (reply && (reply.status < 400 || !call.isMetered))
        return this.#streamReply(call, reply, response);
      const verdict = judgeProviderReply(reply, tries, Date.now());
      if (verdict.kind === 'retry') {
        await delayUnlessAborted(verdict.waitMs, signal);
        continue;
      }
      if (verdict.kind === 'park') return this.#endAttempt(verdict, response);
      // The request of the agent is faulty, so the agent gets the error.
      const reason = `status ${reply?.status}: ${reply?.errorText.slice(0, 300)}`;
      this.#lastFailure = { reason, parkedUntil: undefined };
      response.writeHead(reply?.status ?? 502, { 'content-type': 'application/json' });
      response.end(reply?.errorText);
      return;
    }
  }

  /** Sends the request to the endpoint. Returns undefined if the endpoint does not answer. */
  async #callUpstream(call: ModelCall, request: IncomingMessage, signal: AbortSignal) {
    try {
      const body = await callUpstream(this.#options.upstream, call, request.headers, signal);
      const status = body.statusCode ?? 502;
      const isError = status >= 400 && call.isMetered;
      const errorText = isError ? await readReplyText(body, MAX_ERROR_REPLY_CHARS) : '';
      const retryAfterMs = parseRetryAfterMs(body.headers['retry-after'], Date.now());
      return { body, status, errorText, retryAfterMs };
    } catch {
      return undefined;
    }
  }

  /** Refuses the request and ends the attempt, so that the control plane parks the task. */
  #endAttempt(
    verdict: { readonly reason: string; readonly until: number },
    response: ServerResponse,
  ): void {
    refuseRequest(
      response,
      503,
      'provider_refused',
      `${verdict.reason}; the attempt ends and the task is parked`,
    );
    this.#options.onProviderRefusal(verdict.reason, verdict.until);
  }

  /** Streams the reply to the agent and counts the tokens. */
  async #streamReply(call: ModelCall, { body, status }: UpstreamReply, response: ServerResponse) {
    const contentType = body.headers['content-type'] ?? 'application/json';
    response.writeHead(status, { 'content-type': contentType });
    const usageReader = contentType.includes('text/event-stream')
      ? new UsageStreamReader()
      : undefined;
    const inspector = call.path === '/chat/completions' ? new ReplyInspector() : undefined;
    const chunks: string[] = [];
    try {
      let length = 0;
      for await (const text of body.setEncoding('utf8')) {
        length += text.length;
        if (length > MAX_REPLY_CHARS)
          throw new Error(`the reply is longer than ${MAX_REPLY_CHARS} characters`);
        if (usageReader) usageReader.write(text);
        else chunks.push(text);
        inspector?.write(text);
        this.#options.onProgress();
        if (!response.write(text)) await once(response, 'drain', { signal: this.#options.signal });
      }
      // The agent may end its turn as soon as the reply ends.
      if (call.isMetered) this.#lastFailure = inspector?.findFailure(Date.now());
      response.end();
    } catch {
      // A destroyed response means that the agent closed the connection, so the model endpoint did not fail.
      if (!response.destroyed && call.isMetered) {
        const reason = 'the reply of the model endpoint was incomplete or too long';
        const parkedUntil = computeParkEnd('busy', undefined, Date.now());
        this.#lastFailure = { reason, parkedUntil };
      }
      response.destroy();
    }
    if (!call.isMetered) return;
    const text = chunks.join('');
    const reported = usageReader ? usageReader.finish() : readTokenCounts(parseJson(text));
    const estimated = {
      input: estimateTokens(call.body),
      output: usageReader ? usageReader.eventCount : estimateTokens(text),
    };
    this.#options.onTokens({ ...estimated, ...reported });
  }
}

/** Reply of the model endpoint; `body` also has the headers. */
type UpstreamReply = { readonly body: IncomingMessage; readonly status: number };

function isAuthorised(request: IncomingMessage, bearer: string): boolean {
  const key = request.headers['x-api-key'];
  const sentBearer =
    request.headers.authorization?.replace(/^Bearer /i, '') ??
    (Array.isArray(key) ? key[0] : key) ??
    '';
  const actual = Buffer.from(sentBearer);
  const expected = Buffer.from(bearer);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

/** Answers with an error in a format that both OpenAI and Anthropic clients understand. */
function refuseRequest(
  response: ServerResponse,
  status: number,
  type: string,
  message: string,
): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-should-retry': 'false' });
  response.end(JSON.stringify({ type: 'error', error: { type, code: type, message } }));
}

/** Reads the body of a request. Returns undefined if the body is larger than the limit. */
async function readRequestBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function readReplyText(body: IncomingMessage, maxChars: number): Promise<string> {
  let text = '';
  try {
    for await (const chunk of body.setEncoding('utf8')) {
      text += chunk;
      if (text.length > maxChars) break;
    }
  } catch {
    // The received part is enough to classify the error.
  }
  return text.slice(0, maxChars);
}
