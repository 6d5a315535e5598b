import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { z } from 'zod';
import { ATTEMPT_API } from '../../../core/contract/api.ts';
import type {
  Assignment,
  AttemptResult,
  Credentials,
  checkpointRequestSchema,
  heartbeatRequestSchema,
  Steering,
  TranscriptEntry,
} from '../../../core/contract/attempt.ts';
import type { Question } from '../../../core/contract/task.ts';

// The control plane as a bridge sees it: every call checked against the contract, every answer as the contract has it.

export type CallName = keyof typeof ATTEMPT_API;
export type CallbackFault =
  | { readonly status: number; readonly body?: unknown }
  | 'silence'
  | undefined;

export type CallbackServer = {
  readonly url: string;
  readonly token: string;
  /** Names of all calls in order. */
  readonly calls: CallName[];
  readonly heartbeats: z.infer<typeof heartbeatRequestSchema>[];
  readonly checkpoints: z.infer<typeof checkpointRequestSchema>[];
  readonly transcript: TranscriptEntry[];
  readonly questions: Question[];
  readonly results: AttemptResult[];
  /** Calls that did not fit the contract. */
  readonly faults: string[];
  /** What people have said. */
  readonly messages: Steering[];
  finish: boolean;
  /** Answers in place of the usual. */
  interfere: (name: CallName) => CallbackFault;
  close(): Promise<void>;
};

export type CallbackScript = {
  readonly assignment: Assignment;
  readonly credentials: Credentials;
  readonly token: string;
};

export async function startCallbackServer(script: CallbackScript): Promise<CallbackServer> {
  const server = createServer((request, response) => {
    void answerRequest(state, script, request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const state: CallbackServer = {
    url: `http://127.0.0.1:${address.port}`,
    token: script.token,
    calls: [],
    heartbeats: [],
    checkpoints: [],
    transcript: [],
    questions: [],
    results: [],
    faults: [],
    messages: [],
    finish: false,
    interfere: () => undefined,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return state;
}

async function answerRequest(
  state: CallbackServer,
  script: CallbackScript,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const name = parseCallName(request.url ?? '', script.assignment.attemptId);
  const text = await readText(request);
  if (request.headers.authorization !== `Bearer ${script.token}`) {
    return sendJson(response, 401, createErrorBody('unauthorised'));
  }
  if (name === undefined) return sendJson(response, 404, createErrorBody('not_found'));
  state.calls.push(name);
  const interference = state.interfere(name);
  if (interference === 'silence') return;
  if (interference) {
    return sendJson(
      response,
      interference.status,
      interference.body ?? createErrorBody('attempt_ended'),
    );
  }
  try {
    sendJson(response, 200, recordCall(state, script, name, JSON.parse(text)));
  } catch (error) {
    state.faults.push(`${name}: ${error instanceof Error ? error.message : 'unknown'}`);
    sendJson(response, 400, createErrorBody('invalid'));
  }
}

function recordCall(
  state: CallbackServer,
  script: CallbackScript,
  name: CallName,
  body: unknown,
): unknown {
  switch (name) {
    case 'start':
      ATTEMPT_API.start.body.parse(body);
      return ATTEMPT_API.start.answer.parse(script.assignment);
    case 'credentials':
      return ATTEMPT_API.credentials.answer.parse(script.credentials);
    case 'heartbeat':
      return answerHeartbeat(state, script, ATTEMPT_API.heartbeat.body.parse(body));
    case 'transcript':
      recordChunk(state, ATTEMPT_API.transcript.body.parse(body));
      return { accepted: true };
    case 'checkpoint':
      state.checkpoints.push(ATTEMPT_API.checkpoint.body.parse(body));
      return { accepted: true };
    case 'question':
      state.questions.push(ATTEMPT_API.question.body.parse(body));
      return { accepted: true };
    case 'result':
      state.results.push(ATTEMPT_API.result.body.parse(body));
      return { accepted: true };
  }
}

function answerHeartbeat(
  state: CallbackServer,
  script: CallbackScript,
  body: z.infer<typeof heartbeatRequestSchema>,
) {
  state.heartbeats.push(body);
  return ATTEMPT_API.heartbeat.answer.parse({
    leaseUntil: Date.now() + script.assignment.leaseMs,
    messages: state.messages.filter((message) => message.n > body.messagesSeen),
    finish: state.finish,
  });
}

const chunkNumbers = new WeakMap<CallbackServer, number>();

function recordChunk(
  state: CallbackServer,
  chunk: z.infer<typeof ATTEMPT_API.transcript.body>,
): void {
  const expected = (chunkNumbers.get(state) ?? 0) + 1;
  if (chunk.n !== expected) throw new Error(`chunk ${chunk.n} came where ${expected} was due`);
  chunkNumbers.set(state, expected);
  state.transcript.push(...chunk.entries);
}

function parseCallName(url: string, attemptId: string): CallName | undefined {
  for (const [name, route] of Object.entries(ATTEMPT_API)) {
    if (route.path.replace('{attempt}', attemptId) === url) return findCallName(name);
  }
  return undefined;
}

function findCallName(name: string): CallName | undefined {
  return Object.hasOwn(ATTEMPT_API, name) ? (name as CallName) : undefined;
}

function createErrorBody(code: string) {
  return { error: { code, message: code, requestId: 'test' } };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
