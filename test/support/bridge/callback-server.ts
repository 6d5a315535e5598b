import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { z } from 'zod';
import { describeError } from '../../../core/base/describe-error.ts';
import { ATTEMPT_API } from '../../../core/contract/api.ts';
import type {
  Assignment,
  AttemptResult,
  Credentials,
  checkpointRequestSchema,
  heartbeatRequestSchema,
  SteeringMessage,
  TranscriptEntry,
} from '../../../core/contract/attempt.ts';
import type { AttemptCallback } from '../../../core/contract/bridge.ts';
import { ATTEMPT_CALLBACK_PATHS, buildCallbackPath } from '../../../core/contract/bridge.ts';
import type { Question } from '../../../core/contract/task.ts';

// Serves a control plane for one bridge. Checks every request and every answer against the contract.

/** Answer that replaces the usual answer. `silence`: the request gets no answer; undefined: the request gets the usual answer. */
export type AnswerOverride =
  | { readonly status: number; readonly body?: unknown }
  | 'silence'
  | undefined;

/** Running control plane, with the callbacks that the bridge has sent. */
export type CallbackServer = {
  readonly url: string;
  readonly token: string;
  /** Names of all received callbacks, in order. */
  readonly calls: AttemptCallback[];
  readonly heartbeats: z.infer<typeof heartbeatRequestSchema>[];
  readonly checkpoints: z.infer<typeof checkpointRequestSchema>[];
  readonly transcript: TranscriptEntry[];
  readonly questions: Question[];
  readonly results: AttemptResult[];
  /** Violations of the contract by the bridge. */
  readonly contractViolations: string[];
  /** Messages of people, which heartbeats deliver. */
  readonly messages: SteeringMessage[];
  /** While true, heartbeats ask the bridge to end an interactive session. */
  finish: boolean;
  /** Called for each callback. Tests set this function to change answers. */
  overrideAnswer: (callback: AttemptCallback) => AnswerOverride;
  close(): Promise<void>;
};

/** Assignment and credentials for the bridge, and the token to accept. */
export type CallbackServerOptions = {
  readonly assignment: Assignment;
  readonly credentials: Credentials;
  readonly token: string;
};

/** Starts a control plane on a free loopback port. */
export async function startCallbackServer(options: CallbackServerOptions): Promise<CallbackServer> {
  const server = createServer((request, response) => {
    void answerRequest(state, options, request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('the callback server has no port');
  const state: CallbackServer = {
    url: `http://127.0.0.1:${address.port}`,
    token: options.token,
    calls: [],
    heartbeats: [],
    checkpoints: [],
    transcript: [],
    questions: [],
    results: [],
    contractViolations: [],
    messages: [],
    finish: false,
    overrideAnswer: () => undefined,
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
  options: CallbackServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const callback = findCallback(request.url ?? '', options.assignment.attemptId);
  const text = await readText(request);
  if (request.headers.authorization !== `Bearer ${options.token}`) {
    return sendJson(response, 401, createErrorBody('unauthorised'));
  }
  if (callback === undefined) return sendJson(response, 404, createErrorBody('not_found'));
  state.calls.push(callback);
  const override = state.overrideAnswer(callback);
  if (override === 'silence') return;
  if (override) {
    return sendJson(response, override.status, override.body ?? createErrorBody('attempt_ended'));
  }
  try {
    sendJson(response, 200, recordAndAnswer(state, options, callback, JSON.parse(text)));
  } catch (error) {
    state.contractViolations.push(`${callback}: ${describeError(error)}`);
    sendJson(response, 400, createErrorBody('invalid'));
  }
}

function recordAndAnswer(
  state: CallbackServer,
  options: CallbackServerOptions,
  callback: AttemptCallback,
  body: unknown,
): unknown {
  switch (callback) {
    case 'start':
      ATTEMPT_API.start.body.parse(body);
      return ATTEMPT_API.start.answer.parse(options.assignment);
    case 'credentials':
      return ATTEMPT_API.credentials.answer.parse(options.credentials);
    case 'heartbeat':
      return answerHeartbeat(state, options, ATTEMPT_API.heartbeat.body.parse(body));
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
  options: CallbackServerOptions,
  body: z.infer<typeof heartbeatRequestSchema>,
) {
  state.heartbeats.push(body);
  return ATTEMPT_API.heartbeat.answer.parse({
    leaseUntil: Date.now() + options.assignment.leaseMs,
    messages: state.messages.filter((message) => message.n > body.messagesSeen),
    finish: state.finish,
    budget: options.assignment.budget,
  });
}

/** Number of the last received transcript chunk. */
const lastChunkNumbers = new WeakMap<CallbackServer, number>();

function recordChunk(
  state: CallbackServer,
  chunk: z.infer<typeof ATTEMPT_API.transcript.body>,
): void {
  const expected = (lastChunkNumbers.get(state) ?? 0) + 1;
  if (chunk.n !== expected)
    throw new Error(`expected transcript chunk ${expected}, received chunk ${chunk.n}`);
  lastChunkNumbers.set(state, expected);
  state.transcript.push(...chunk.entries);
}

function findCallback(url: string, attemptId: string): AttemptCallback | undefined {
  const callbacks = Object.keys(ATTEMPT_CALLBACK_PATHS).filter(isCallback);
  return callbacks.find((callback) => buildCallbackPath(callback, attemptId) === url);
}

function isCallback(name: string): name is AttemptCallback {
  return Object.hasOwn(ATTEMPT_CALLBACK_PATHS, name);
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
