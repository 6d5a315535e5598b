import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { z } from 'zod';
import { API } from '../../../core/contract/api.ts';
import type { Route } from '../../../core/contract/routes/route.ts';

// An HTTP server for the routes of the API, with answers that a test provides. The server parses requests and answers with the
// schemas of the contract, so that a passing test uses the API as declared.

type Routes = typeof API;
/** Name of a route in the route table. */
export type RouteName = keyof Routes;
type RouteOutput<N extends RouteName> = Routes[N] extends {
  readonly answer: infer S extends z.ZodType;
}
  ? z.input<S>
  : undefined;

/** A request, parsed with the schemas of its route. */
export type CannedRequest = {
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
};
/** Functions that answer requests, by route. */
export type CannedAnswers = {
  [N in RouteName]?: (request: CannedRequest) => RouteOutput<N> | Promise<RouteOutput<N>>;
};

/** A refusal of the API, thrown by a canned answer. */
export class ApiRefusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: Record<string, unknown>;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    code: string,
    message: string,
    options: {
      readonly details?: Record<string, unknown>;
      readonly headers?: Record<string, string>;
    } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = options.details ?? {};
    this.headers = options.headers ?? {};
  }
}

/** A request with the name of its route. */
export type RecordedRequest = CannedRequest & { readonly route: RouteName };

/** A running server with canned answers. */
export type CannedApi = {
  readonly url: string;
  /** Well-formed and authorised requests, in order. */
  readonly requests: RecordedRequest[];
  /** Accepted tokens; a test can change the set. */
  readonly tokens: Set<string>;
  /** Answers by route; a test can change them while the server runs. */
  readonly answers: CannedAnswers;
  /** Requests or answers that do not fit the contract; every test expects none at its end. */
  readonly problems: string[];
  close(): Promise<void>;
};

/** Token that every canned API accepts. */
export const TOKEN = 'token-of-the-test';

/** Starts a server on 127.0.0.1; port 0 selects a free port. */
export async function startCannedApi(answers: CannedAnswers, port = 0): Promise<CannedApi> {
  const requests: RecordedRequest[] = [];
  const problems: string[] = [];
  const tokens = new Set([TOKEN]);
  const server = createServer((request, response) => {
    answerRequest({ request, answers, tokens, requests, problems }).then(
      (reply) => sendReply(response, reply),
      (error: unknown) => {
        problems.push(String(error));
        sendReply(response, createRefusalReply(new ApiRefusal(500, 'canned_api', String(error))));
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = requireAddress(server.address());
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    tokens,
    answers,
    problems,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function requireAddress(address: string | AddressInfo | null): AddressInfo {
  if (address === null || typeof address === 'string')
    throw new Error('the server listens on no TCP port');
  return address;
}

type ApiReply = {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
};
type ApiExchange = {
  readonly request: IncomingMessage;
  readonly answers: CannedAnswers;
  readonly tokens: ReadonlySet<string>;
  readonly requests: RecordedRequest[];
  readonly problems: string[];
};

async function answerRequest({
  request,
  answers,
  tokens,
  requests,
  problems,
}: ApiExchange): Promise<ApiReply> {
  const url = new URL(request.url ?? '/', 'http://canned');
  const match = findRoute(request.method ?? '', url.pathname);
  if (match === undefined) {
    problems.push(`no route for ${request.method} ${url.pathname}`);
    return createRefusalReply(new ApiRefusal(404, 'no_route', 'no such route'));
  }
  const { name, route } = match;
  const body = await text(request);
  const bearer = request.headers.authorization?.replace(/^Bearer /, '');
  if (route.access !== 'public' && !tokens.has(bearer ?? '')) {
    return createRefusalReply(
      new ApiRefusal(401, 'unauthorized', 'the request has no valid token'),
    );
  }
  const recordedRequest: RecordedRequest = {
    route: name,
    params: copyRecord(route.params?.parse(match.params)),
    query: copyRecord(route.query?.parse(Object.fromEntries(url.searchParams))),
    body: route.body?.parse(JSON.parse(body)),
    headers: request.headers,
  };
  requests.push(recordedRequest);
  const createAnswer = answers[name];
  if (createAnswer === undefined) throw new Error(`the test has no answer for ${name}`);
  try {
    const value: unknown = await createAnswer(recordedRequest);
    return { status: route.status, body: route.answer?.parse(value) };
  } catch (error) {
    if (error instanceof ApiRefusal) return createRefusalReply(error);
    throw error;
  }
}

function findRoute(method: string, path: string) {
  for (const [name, route] of Object.entries(API) as [RouteName, Route][]) {
    if (route.method !== method) continue;
    const pattern = route.path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)');
    const match = new RegExp(`^${pattern}$`).exec(path);
    if (match === null) continue;
    const params = Object.entries(match.groups ?? {});
    const decoded = params.map(([key, value]) => [key, decodeURIComponent(value)]);
    return { name, route, params: Object.fromEntries(decoded) };
  }
  return undefined;
}

function copyRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function createRefusalReply(error: ApiRefusal): ApiReply {
  const { code, message, details } = error;
  const body = { error: { code, message, details, requestId: 'request-1' } };
  return { status: error.status, body, headers: error.headers };
}

function sendReply(response: ServerResponse, reply: ApiReply): void {
  response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
  response.end(reply.body === undefined ? undefined : JSON.stringify(reply.body));
}
