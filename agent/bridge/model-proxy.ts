import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pause } from './callback-transport.ts';
import { type Call, prepareCall } from './model-call.ts';
import { judgeReply, parseRetryAfter } from './provider-answer.ts';
import { callUpstream, type Upstream } from './upstream.ts';
import { estimateTokens, readTokens, StreamReader, type Tokens } from './usage.ts';

// Stands between the agent and the model: the agent has a bearer that is good here and for this attempt only, the key is
// added on the way, tokens are counted and limits kept.

export type ModelProxyOptions = {
  /** Where requests go, with the key; asked for each time. */
  upstream: () => Upstream;
  /** Forced upon every request. */
  model: string;
  /** The limit that is used up, if one is. */
  usedUp: () => string | undefined;
  onTokens: (tokens: Tokens) => void;
  /** Bytes go to or come from the model. */
  onProgress: () => void;
  /** A request came although a limit is used up. */
  onLimit: (reason: string) => void;
  /** The provider refuses; `until` in epoch milliseconds. */
  onRefused: (reason: string, until: number) => void;
  signal: AbortSignal;
  maxRequestBytes?: number;
};

const MAX_REQUEST_BYTES = 16 * 1024 * 1024;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const MAX_REFUSAL_BYTES = 16 * 1024;

export class ModelProxy {
  readonly bearer = `smol-${randomBytes(24).toString('base64url')}`;
  private readonly options: ModelProxyOptions;
  private readonly server = createServer((request, response) => {
    this.serve(request, response).catch(() => response.destroy());
  });
  private fault: string | undefined;

  constructor(options: ModelProxyOptions) {
    this.options = options;
  }

  /** Listens on a free loopback port; answers the address without a path. */
  async listen(): Promise<string> {
    // A model may think for long before its first byte.
    this.server.requestTimeout = 0;
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('no port to listen on');
    return `http://127.0.0.1:${address.port}`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  /** Why the model refused the agent's newest request, when it did: an agent may end its turn on that as if it were done. */
  get lastFault(): string | undefined {
    return this.fault;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isAuthorised(request, this.bearer)) {
      return refuse(response, 401, 'unauthorised', 'this address is for the agent of one attempt');
    }
    const body = await readBody(request, this.options.maxRequestBytes ?? MAX_REQUEST_BYTES);
    if (body === undefined) return refuse(response, 413, 'too_large', 'the request is too large');
    const call = prepareCall(request.method ?? '', request.url ?? '', body, this.options.model);
    if ('problem' in call) return refuse(response, call.status, 'invalid_request', call.problem);
    const limit = call.metered ? this.options.usedUp() : undefined;
    if (limit !== undefined) {
      refuse(response, 429, 'limit_reached', `${limit}: this attempt ends here`);
      return this.options.onLimit(limit);
    }
    await this.forward(call, request, response);
  }

  private async forward(call: Call, request: IncomingMessage, response: ServerResponse) {
    const gone = new AbortController();
    response.once('close', () => gone.abort(new Error('the agent has gone')));
    const signal = AbortSignal.any([gone.signal, this.options.signal]);
    for (let tries = 1; ; tries += 1) {
      this.options.onProgress();
      const answer = await callUpstream(
        this.options.upstream(),
        call,
        request.headers,
        signal,
      ).catch(() => undefined);
      if (signal.aborted) return answer?.destroy();
      const status = answer?.statusCode ?? 0;
      const text = answer && status >= 400 ? await readText(answer, MAX_REFUSAL_BYTES) : '';
      const now = Date.now();
      const retryAt = parseRetryAfter(answer?.headers['retry-after'], now);
      const verdict = judgeReply(answer && { status, retryAt, text }, tries, now);
      if (verdict.kind === 'again') {
        await pause(verdict.waitMs, signal);
        continue;
      }
      if (verdict.kind === 'refused' || !answer) {
        const reason =
          verdict.kind === 'refused' ? verdict.reason : 'the model endpoint gave no answer';
        refuse(response, 503, 'provider_refused', `${reason}: this attempt is parked`);
        return this.options.onRefused(
          reason,
          verdict.kind === 'refused' ? verdict.until : now + 60_000,
        );
      }
      if (status < 400) return this.pass(call, answer, response);
      this.fault = `${status}: ${text.slice(0, 300)}`;
      response.writeHead(status, {
        'content-type': answer.headers['content-type'] ?? 'application/json',
      });
      response.end(text);
      return;
    }
  }

  /** Streams an answer through, counting on the way. */
  private async pass(call: Call, answer: IncomingMessage, response: ServerResponse): Promise<void> {
    const type = answer.headers['content-type'] ?? 'application/json';
    response.writeHead(answer.statusCode ?? 200, { 'content-type': type });
    const isStream = type.includes('text/event-stream');
    const reader = new StreamReader();
    const whole: string[] = [];
    let length = 0;
    answer.setEncoding('utf8');
    try {
      for await (const text of answer) {
        length += text.length;
        if (length > MAX_ANSWER_BYTES) throw new Error('the answer is too long');
        if (isStream) reader.write(text);
        else whole.push(text);
        this.options.onProgress();
        if (!response.write(text)) await once(response, 'drain', { signal: this.options.signal });
      }
      response.end();
    } catch {
      this.fault = 'the answer broke off';
      response.destroy();
    }
    if (response.writableFinished || response.writableEnded) this.fault = undefined;
    if (!call.metered) return;
    const found = isStream ? reader.tokens() : tokensOf(whole.join(''));
    this.options.onTokens({ ...estimateTokens(call.body.length, length), ...found });
  }
}

function tokensOf(text: string): Partial<Tokens> {
  try {
    return readTokens(JSON.parse(text)) ?? {};
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
function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-should-retry': 'false' });
  response.end(JSON.stringify({ type: 'error', error: { type, code: type, message } }));
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function readText(answer: IncomingMessage, maxBytes: number): Promise<string> {
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
