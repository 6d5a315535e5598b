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

// A control plane for one bridge. Every request and every answer is checked against the contract.

/** Answer to send instead of the usual answer; `silence`: no answer; undefined: the usual answer. */
export type AnswerOverride =
  | { readonly status: number; readonly body?: unknown }
  | 'silence'
  | undefined;

/** A running control plane with everything that the bridge has sent. */
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
  /** Asks the bridge to end an interactive session. */
  finish: boolean;
  /** Called for each callback; undefined gives the usual answer. */
  overrideAnswer: (callback: AttemptCallback) => AnswerOverride;
  close(): Promise<void>;
};

/** Data for the bridge, and the token to accept. */
export type CallbackScript = {
  readonly assignment: Assignment;
  readonly credentials: Credentials;
  readonly token: string;
};

/** Starts a control plane on a free loopback port. */
export async function startCallbackServer(script: CallbackScript): Promise<CallbackServer> {
  const server = createServer((request, response) => {
    void answerRequest(state, script, request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('the callback server has no port');
  const state: CallbackServer = {
    url: `http://127.0.0.1:${address.port}`,
    token: script.token,
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
  script: CallbackScript,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const callback = findCallback(request.url ?? '', script.assignment.attemptId);
  const text = await readText(request);
  if (request.headers.authorization !== `Bearer ${script.token}`) {
    return sendJson(response, 401, createErrorBody('unauthorised'));
  }
  if (callback === undefined) return sendJson(response, 404, createErrorBody('not_found'));
  state.calls.push(callback);
  const fault = state.overrideAnswer(callback);
  if (fault === 'silence') return;
  if (fault) {
    return sendJson(response, fault.status, fault.body ?? createErrorBody('attempt_ended'));
  }
  try {
    sendJson(response, 200, recordCall(state, script, callback, JSON.parse(text)));
  } catch (error) {
    state.contractViolations.push(`${callback}: ${describeError(error)}`);
    sendJson(response, 400, createErrorBody('invalid'));
  }
}

function recordCall(
  state: CallbackServer,
  script: CallbackScript,
  callback: AttemptCallback,
  body: unknown,
): unknown {
  switch (callback) {
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
