import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// An OpenAI-compatible HTTP endpoint that answers each chat completion with the next step of a script, and records the
// requests. Steps can simulate the failures of real endpoints.

/** A request that the endpoint received. */
export type ReceivedRequest = {
  readonly authorization: string | undefined;
  readonly body: {
    readonly model?: string;
    readonly messages?: { readonly role: string; readonly content: string }[];
    [name: string]: unknown;
  };
};
/** Step of a script: a response, or a function that chooses the response when the request arrives and may delay it. */
export type LlmStep = LlmResponse | ((request: ReceivedRequest) => LlmStep | Promise<LlmStep>);
type LlmResponse =
  /** Text of a successful completion. */
  | string
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  /** `HANG`: no response; `STALL`: headers and half a body; `RESET`: a closed connection. */
  | 'HANG'
  | 'STALL'
  | 'RESET';

/** The running endpoint. */
export type ScriptedLlmServer = {
  /** Base URL, ending with /v1. */
  readonly url: string;
  readonly requests: ReceivedRequest[];
  /** Returns the number of open requests. */
  readonly countLive: () => number;
  /** Returns the largest number of open requests so far. */
  readonly readPeak: () => number;
  /** Adds steps to the script. A request without a step left is answered with 500. */
  readonly play: (...steps: LlmStep[]) => void;
  /** Sets the answer to GET /models; undefined: 404. */
  readonly listModels: (models: Record<string, unknown>[] | undefined) => void;
  readonly close: () => Promise<void>;
};

export async function startScriptedLlmServer(): Promise<ScriptedLlmServer> {
  const script: LlmStep[] = [];
  const received: ReceivedRequest[] = [];
  let models: Record<string, unknown>[] | undefined;
  let liveCount = 0;
  let peak = 0;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/v1/models') {
      sendModels(response, models);
      return;
    }
    const body = await readJson(request);
    const receivedRequest: ReceivedRequest = { authorization: request.headers.authorization, body };
    received.push(receivedRequest);
    liveCount += 1;
    peak = Math.max(peak, liveCount);
    let step: LlmStep = script.shift() ?? {
      status: 500,
      body: { error: { message: 'the script has no step left' } },
    };
    while (typeof step === 'function') step = await step(receivedRequest);
    liveCount -= 1;
    sendStep(response, step, body.model ?? '');
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests: received,
    countLive: () => liveCount,
    readPeak: () => peak,
    play: (...steps) => {
      script.push(...steps);
    },
    listModels: (list) => {
      models = list;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Creates the body of a successful completion. */
export function createCompletion(
  text: string | null,
  change: {
    readonly finishReason?: string;
    readonly refusal?: string;
    readonly toolCalls?: unknown[];
    readonly usage?: unknown;
  } = {},
): Record<string, unknown> {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'scripted',
    choices: [
      {
        index: 0,
        finish_reason: change.finishReason ?? 'stop',
        message: {
          role: 'assistant',
          content: text,
          refusal: change.refusal ?? null,
          ...(change.toolCalls === undefined ? {} : { tool_calls: change.toolCalls }),
        },
      },
    ],
    usage:
      'usage' in change
        ? change.usage
        : { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
  };
}

function sendStep(response: ServerResponse, step: LlmResponse, model: string): void {
  if (step === 'HANG') return;
  if (step === 'RESET') {
    response.destroy();
    return;
  }
  if (step === 'STALL') {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"choices":[');
    return;
  }
  if (typeof step === 'string') {
    sendJson(response, 200, { ...createCompletion(step), model });
    return;
  }
  const isText = typeof step.body === 'string';
  response.writeHead(step.status, {
    'content-type': isText ? 'text/html' : 'application/json',
    ...step.headers,
  });
  response.end(isText ? step.body : JSON.stringify(step.body ?? {}));
}

function sendModels(response: ServerResponse, models: Record<string, unknown>[] | undefined): void {
  if (models === undefined) sendJson(response, 404, { error: { message: 'no such path' } });
  else sendJson(response, 200, { object: 'list', data: models });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<ReceivedRequest['body']> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as ReceivedRequest['body'];
}
