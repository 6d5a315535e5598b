import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { delayUnlessAborted } from '../control/send-callback.ts';
import { judgeProviderReply, parseRetryAfter } from './judge-provider-reply.ts';
import type { ModelCall } from './model-call.ts';
import { prepareModelCall } from './model-call.ts';
import type { TokenCounts } from './token-usage.ts';
import { estimateTokens, readTokenCounts, UsageStreamReader } from './token-usage.ts';
import type { Upstream } from './upstream.ts';
import { callUpstream } from './upstream.ts';

// Stands between the agent and the model: the agent has a bearer that is good here and for this attempt only, the key is
// added on the way, tokens are counted and limits kept.

export type ModelProxyOptions = {
  /** Where requests go, with the key; asked for each time. */
  readonly getUpstream: () => Upstream;
  /** Forced upon every request. */
  readonly model: string;
  /** The limit that is used up, if one is. */
  readonly findExhaustedLimit: () => string | undefined;
  readonly onTokens: (tokens: TokenCounts) => void;
  /** Bytes go to or come from the model. */
  readonly onProgress: () => void;
  /** A request came although a limit is used up. */
  readonly onLimit: (reason: string) => void;
  /** The provider refuses; `until` in epoch milliseconds. */
  readonly onProviderRefusal: (reason: string, until: number) => void;
  readonly signal: AbortSignal;
  readonly maxRequestBytes?: number;
};

const MAX_REQUEST_BYTES = 16 * 1024 * 1024;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const MAX_REFUSAL_BYTES = 16 * 1024;

export class ModelProxy {
  readonly bearer = `smol-${randomBytes(24).toString('base64url')}`;
  readonly #options: ModelProxyOptions;
  readonly #server = createServer((request, response) => {
    this.#serveRequest(request, response).catch(() => response.destroy());
  });
  #newestFault: string | undefined;

  constructor(options: ModelProxyOptions) {
    this.#options = options;
  }

  /** Listens on a free loopback port; answers the address without a path. */
  async listen(): Promise<string> {
    // A model may think for long before its first byte.
    this.#server.requestTimeout = 0;
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port to listen on');
    return `http://127.0.0.1:${address.port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Why the model refused the agent's newest request, when it did: an agent may end its turn on that as if it were done. */
  get lastFault(): string | undefined {
    return this.#newestFault;
  }

  async #serveRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isAuthorised(request, this.bearer)) {
      return refuseRequest(
        response,
        401,
        'unauthorised',
        'this address is for the agent of one attempt',
      );
    }
    const body = await readRequestBody(request, this.#options.maxRequestBytes ?? MAX_REQUEST_BYTES);
    if (body === undefined)
      return refuseRequest(response, 413, 'too_large', 'the request is too large');
    const call = prepareModelCall(
      request.method ?? '',
      request.url ?? '',
      body,
      this.#options.model,
    );
    if ('problem' in call)
      return refuseRequest(response, call.status, 'invalid_request', call.problem);
    const limit = call.metered ? this.#options.findExhaustedLimit() : undefined;
    if (limit !== undefined) {
      refuseRequest(response, 429, 'limit_reached', `${limit}: this attempt ends here`);
      return this.#options.onLimit(limit);
    }
    await this.#forwardCall(call, request, response);
  }

  async #forwardCall(call: ModelCall, request: IncomingMessage, response: ServerResponse) {
    const gone = new AbortController();
    response.once('close', () => gone.abort(new Error('the agent has gone')));
    const signal = AbortSignal.any([gone.signal, this.#options.signal]);
    for (let tries = 1; ; tries += 1) {
      this.#options.onProgress();
      const reply = await this.#askUpstream(call, request, signal);
      if (signal.aborted) return;
      if (reply && (reply.status < 400 || !call.metered))
        return this.#streamReply(call, reply, response);
      const verdict = judgeProviderReply(reply, tries, Date.now());
      if (verdict.kind === 'again') {
        await delayUnlessAborted(verdict.waitMs, signal);
        continue;
      }
      if (verdict.kind === 'refused') return this.#parkAttempt(verdict, response);
      // The request is at fault: the agent has to see it.
      this.#newestFault = `${reply?.status}: ${reply?.text.slice(0, 300)}`;
      response.writeHead(reply?.status ?? 502, { 'content-type': 'application/json' });
      response.end(reply?.text);
      return;
    }
  }

  /** Undefined: there was no answer. */
  async #askUpstream(call: ModelCall, request: IncomingMessage, signal: AbortSignal) {
    const upstream = this.#options.getUpstream();
    try {
      const answer = await callUpstream(upstream, call, request.headers, signal);
      const status = answer.statusCode ?? 502;
      const isRefusal = status >= 400 && call.metered;
      const text = isRefusal ? await readReplyText(answer, MAX_REFUSAL_BYTES) : '';
      const retryAt = parseRetryAfter(answer.headers['retry-after'], Date.now());
      return { answer, status, text, retryAt };
    } catch {
      return undefined;
    }
  }

  #parkAttempt(
    verdict: { readonly reason: string; readonly until: number },
    response: ServerResponse,
  ): void {
    refuseRequest(response, 503, 'provider_refused', `${verdict.reason}: this attempt is parked`);
    this.#options.onProviderRefusal(verdict.reason, verdict.until);
  }

  /** Streams an answer through, counting on the way. */
  async #streamReply(call: ModelCall, { answer, status }: UpstreamReply, response: ServerResponse) {
    const type = answer.headers['content-type'] ?? 'application/json';
    response.writeHead(status, { 'content-type': type });
    const stream = type.includes('text/event-stream') ? new UsageStreamReader() : undefined;
    const whole: string[] = [];
    try {
      let length = 0;
      for await (const text of answer.setEncoding('utf8')) {
        length += text.length;
        if (length > MAX_ANSWER_BYTES) throw new Error('the answer is too long');
        if (stream) stream.write(text);
        else whole.push(text);
        this.#options.onProgress();
        if (!response.write(text)) await once(response, 'drain', { signal: this.#options.signal });
      }
      response.end();
      if (call.metered) this.#newestFault = undefined;
    } catch {
      // An agent that hung up itself knows why.
      if (!response.destroyed && call.metered) this.#newestFault = 'the answer broke off';
      response.destroy();
    }
    if (!call.metered) return;
    const found = stream ? stream.finish() : parseTokenCounts(whole.join(''));
    const output = stream ? stream.eventCount : estimateTokens(whole.join(''));
    this.#options.onTokens({ input: estimateTokens(call.body), output, ...found });
  }
}

type UpstreamReply = { readonly answer: IncomingMessage; readonly status: number };

function parseTokenCounts(text: string): Partial<TokenCounts> {
  try {
    return readTokenCounts(JSON.parse(text)) ?? {};
  } catch {
    return {};
  }
}

function isAuthorised(request: IncomingMessage, bearer: string): boolean {
  const key = request.headers['x-api-key'];
  const given =
    request.headers.authorization?.replace(/^Bearer /i, '') ??
    (Array.isArray(key) ? key[0] : key) ??
    '';
  const a = Buffer.from(given);
  const b = Buffer.from(bearer);
  return a.length === b.length && timingSafeEqual(a, b);
}

/** In the shape that both families of clients read. */
function refuseRequest(
  response: ServerResponse,
  status: number,
  type: string,
  message: string,
): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-should-retry': 'false' });
  response.end(JSON.stringify({ type: 'error', error: { type, code: type, message } }));
}

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

async function readReplyText(answer: IncomingMessage, maxBytes: number): Promise<string> {
  let text = '';
  try {
    for await (const chunk of answer.setEncoding('utf8')) {
      text += chunk;
      if (text.length > maxBytes) break;
    }
  } catch {
    // What came is enough.
  }
  return text.slice(0, maxBytes);
}
