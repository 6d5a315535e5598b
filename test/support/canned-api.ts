import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { z } from 'zod';
import { API } from '../../core/contract/api.ts';
import type { Route } from '../../core/contract/route.ts';

// A real HTTP server that answers the route table with what a test tells it. What comes in and what goes out is parsed with
// the contract's schemas, so a test that passes here speaks the interface as it is today.

type Routes = typeof API;
export type RouteName = keyof Routes;
type Output<N extends RouteName> = Routes[N] extends { answer: infer S extends z.ZodType }
  ? z.input<S>
  : undefined;

export type CannedRequest = {
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
};
export type CannedAnswers = {
  [N in RouteName]?: (request: CannedRequest) => Output<N> | Promise<Output<N>>;
};

/** Thrown by an answer: the API refuses. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: Record<string, unknown>;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    code: string,
    message: string,
    more: { details?: Record<string, unknown>; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = more.details ?? {};
    this.headers = more.headers ?? {};
  }
}

export type SeenRequest = CannedRequest & { readonly route: RouteName };

export type CannedApi = {
  readonly url: string;
  /** Requests that were well-formed and allowed, in order. */
  readonly seen: SeenRequest[];
  /** Tokens that are let in; a test takes them away and adds others. */
  readonly tokens: Set<string>;
  /** May be changed while it runs. */
  readonly answers: CannedAnswers;
  /** What was wrong with requests or answers: a test ends with none. */
  readonly problems: string[];
  close(): Promise<void>;
};

export const TOKEN = 'token-of-the-test';

export async function startCannedApi(answers: CannedAnswers, port = 0): Promise<CannedApi> {
  const seen: SeenRequest[] = [];
  const problems: string[] = [];
  const tokens = new Set([TOKEN]);
  const server = createServer((request, response) => {
    answer({ request, answers, tokens, seen, problems }).then(
      (reply) => send(response, reply),
      (error: unknown) => {
        problems.push(String(error));
        send(response, refusal(new Refusal(500, 'canned_api', String(error))));
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: bound } = addressOf(server.address());
  return {
    url: `http://127.0.0.1:${bound}`,
    seen,
    tokens,
    answers,
    problems,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function addressOf(address: string | AddressInfo | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return address;
}

type Reply = { status: number; body?: unknown; headers?: Record<string, string> };
type Exchange = {
  request: IncomingMessage;
  answers: CannedAnswers;
  tokens: ReadonlySet<string>;
  seen: SeenRequest[];
  problems: string[];
};

async function answer({ request, answers, tokens, seen, problems }: Exchange): Promise<Reply> {
  const url = new URL(request.url ?? '/', 'http://canned');
  const found = findRoute(request.method ?? '', url.pathname);
  if (found === undefined) {
    problems.push(`no route for ${request.method} ${url.pathname}`);
    return refusal(new Refusal(404, 'no_route', 'no such route'));
  }
  const { name, route } = found;
  const body = await text(request);
  const bearer = request.headers.authorization?.replace(/^Bearer /, '');
  if (route.access !== 'public' && !tokens.has(bearer ?? '')) {
    return refusal(new Refusal(401, 'unauthorized', 'nobody is signed in'));
  }
  const parsed: SeenRequest = {
    route: name,
    params: record(route.params?.parse(found.params)),
    query: record(route.query?.parse(Object.fromEntries(url.searchParams))),
    body: route.body?.parse(JSON.parse(body)),
    headers: request.headers,
  };
  seen.push(parsed);
  const canned = answers[name];
  if (canned === undefined) throw new Error(`the test has no answer for ${name}`);
  try {
    const value: unknown = await canned(parsed);
    return { status: route.status, body: route.answer?.parse(value) };
  } catch (error) {
    if (error instanceof Refusal) return refusal(error);
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

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function refusal(error: Refusal): Reply {
  const { code, message, details } = error;
  const body = { error: { code, message, details, requestId: 'request-1' } };
  return { status: error.status, body, headers: error.headers };
}

function send(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
  response.end(reply.body === undefined ? undefined : JSON.stringify(reply.body));
}
