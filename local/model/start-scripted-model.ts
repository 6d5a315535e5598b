import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { listenOnLoopback } from '../listen-on-loopback.ts';
import { answerChat, MODEL_NAME } from './answer-chat.ts';
import { chatRequestSchema } from './conversation.ts';
import type { Flavour } from './flavour.ts';
import { createFlavour, createSeededRandom } from './flavour.ts';
import { sendReply } from './send-reply.ts';

export type ScriptedModelOptions = {
  /** 0: any. */
  readonly port: number;
  /** Default: a new one. */
  readonly apiKey?: string;
  /** Of the small differences in latency. */
  readonly seed?: number;
  /** How long an answer takes, on average. */
  readonly latencyMs?: number;
  /** Other ids, wording, order and file contents than without; the same for the same number. */
  readonly shuffle?: number;
};

export type ScriptedModel = {
  /** Base address for OpenAI-compatible clients. */
  readonly url: string;
  readonly apiKey: string;
  readonly model: string;
  close(): Promise<void>;
};

const LATENCY_MS = 250;
const MAX_BODY_BYTES = 20_000_000;

/** An OpenAI-compatible endpoint that knows the demo by heart, on loopback. It is no language model and says so. */
export async function startScriptedModel(options: ScriptedModelOptions): Promise<ScriptedModel> {
  const apiKey = options.apiKey ?? `scripted-${randomBytes(16).toString('hex')}`;
  const flavour = createFlavour(options.shuffle);
  const random = createSeededRandom(options.seed ?? 1);
  const latencyMs = () => (options.latencyMs ?? LATENCY_MS) * (0.6 + 0.8 * random());
  const server = createServer((request, response) => {
    const work = isAllowed(request, apiKey)
      ? handleRequest(request, response, flavour, latencyMs())
      : Promise.resolve(
          sendError(response, 401, 'invalid_api_key', 'the key is not the one of this run'),
        );
    // The client is gone, or nothing more can be said to it.
    work.catch(() => response.destroy());
  });
  const port = await listenOnLoopback(server, options.port);
  return {
    url: `http://127.0.0.1:${port}/v1`,
    apiKey,
    model: MODEL_NAME,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function isAllowed(request: IncomingMessage, apiKey: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${apiKey}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

async function handleRequest(
  request: IncomingMessage,
  response: ServerResponse,
  flavour: Flavour,
  latencyMs: number,
): Promise<void> {
  const path = (request.url ?? '').split('?')[0];
  if (request.method === 'GET' && path === '/v1/models') return sendModels(response);
  if (request.method !== 'POST' || path !== '/v1/chat/completions') {
    return sendError(response, 404, 'not_found', `there is no ${request.method} ${path} here`);
  }
  const parsed = chatRequestSchema.safeParse(await readJson(request));
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.')}: ${issue.message}`,
    );
    return sendError(response, 400, 'invalid_request_error', problems.join('; '));
  }
  if (parsed.data.model !== MODEL_NAME) {
    return sendError(
      response,
      404,
      'model_not_found',
      `there is no model ${parsed.data.model} here, only ${MODEL_NAME}`,
    );
  }
  const reply = answerChat(parsed.data, flavour);
  if ('status' in reply)
    return sendError(response, reply.status, 'scripted_model_only', reply.problem);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const id = randomBytes(6).toString('hex');
  await sendReply(response, { request: parsed.data, reply, id, latencyMs, signal: gone.signal });
}

function sendModels(response: ServerResponse): void {
  const model = {
    id: MODEL_NAME,
    object: 'model',
    created: 0,
    owned_by: 'smol-gang',
    context_length: 200_000,
  };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ object: 'list', data: [model] }));
}

function sendError(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { message, type: code, code, param: null } }));
}

/** Undefined: it is no JSON, or too much of it. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size <= MAX_BODY_BYTES) chunks.push(bytes);
  }
  try {
    return size > MAX_BODY_BYTES ? undefined : JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}
