import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { parseJson } from '../../core/base/parse-json.ts';
import { listenOnLoopback } from '../listen-on-loopback.ts';
import { answerChat, MODEL_NAME } from './answer-chat.ts';
import { chatRequestSchema } from './conversation.ts';
import { sendReply } from './send-reply.ts';
import type { Variations } from './variations.ts';
import { createSeededRandom, createVariations } from './variations.ts';

/** Address and behaviour of the scripted model. */
export type ScriptedModelOptions = {
  /** 0 selects any free port. */
  readonly port: number;
  /** Key that clients must send. Default: a random key. */
  readonly apiKey?: string;
  /** Seed of the random latencies; default: 1. */
  readonly latencySeed?: number;
  /** Average duration of a reply in milliseconds; default: 250. */
  readonly latencyMs?: number;
  /** Seed of the variations of ids, wordings, orders and files; absent: answers do not vary. */
  readonly variationSeed?: number;
};

/** A running scripted model. */
export type ScriptedModel = {
  /** Base address for OpenAI-compatible clients. */
  readonly url: string;
  readonly apiKey: string;
  /** Name of the only model that the endpoint serves. */
  readonly model: string;
  close(): Promise<void>;
};

const DEFAULT_LATENCY_MS = 250;
const MAX_BODY_BYTES = 20_000_000;

/** Starts an OpenAI-compatible endpoint on loopback that answers the demo's prompts from a script, without a language model. */
export async function startScriptedModel(options: ScriptedModelOptions): Promise<ScriptedModel> {
  const apiKey = options.apiKey ?? `scripted-${randomBytes(16).toString('hex')}`;
  const variations = createVariations(options.variationSeed);
  const random = createSeededRandom(options.latencySeed ?? 1);
  const chooseLatencyMs = () => (options.latencyMs ?? DEFAULT_LATENCY_MS) * (0.6 + 0.8 * random());
  const server = createServer((request, response) => {
    const work = isAllowed(request, apiKey)
      ? handleRequest(request, response, variations, chooseLatencyMs())
      : Promise.resolve(
          sendError(
            response,
            401,
            'invalid_api_key',
            'the API key is not the key of this scripted model',
          ),
        );
    // The request is incomplete or the client has disconnected, so an error response cannot reach the client.
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
  const actual = Buffer.from(request.headers.authorization ?? '');
  const expected = Buffer.from(`Bearer ${apiKey}`);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

async function handleRequest(
  request: IncomingMessage,
  response: ServerResponse,
  variations: Variations,
  latencyMs: number,
): Promise<void> {
  const path = (request.url ?? '').split('?')[0];
  if (request.method === 'GET' && path === '/v1/models') return sendModels(response);
  if (request.method !== 'POST' || path !== '/v1/chat/completions') {
    return sendError(
      response,
      404,
      'not_found',
      `this endpoint has no route ${request.method} ${path}`,
    );
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
      `unknown model ${parsed.data.model}; this endpoint serves only ${MODEL_NAME}`,
    );
  }
  const reply = answerChat(parsed.data, variations);
  if ('status' in reply)
    return sendError(response, reply.status, 'scripted_model_only', reply.problem);
  const disconnection = new AbortController();
  response.once('close', () => disconnection.abort());
  const id = randomBytes(6).toString('hex');
  await sendReply(response, {
    request: parsed.data,
    reply,
    id,
    latencyMs,
    signal: disconnection.signal,
  });
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

/** Reads a JSON body; returns undefined for invalid JSON and for a body above 20 MB. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size <= MAX_BODY_BYTES) chunks.push(bytes);
  }
  return size > MAX_BODY_BYTES ? undefined : parseJson(Buffer.concat(chunks).toString('utf8'));
}
