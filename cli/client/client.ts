import type { z } from 'zod';
import type { Session } from '../../core/contract/access.ts';
import type { Route } from '../../core/contract/route.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { createAnswerError, createForeignAnswerError, describeParseError } from './http-error.ts';
import { sendRequest } from './send-request.ts';
import type { Credential } from './signer.ts';
import { createSigner } from './signer.ts';

type RoutePart<R, K extends string> = R extends { readonly [key in K]: infer S extends z.ZodType }
  ? Record<never, unknown> extends z.input<S>
    ? { readonly [key in K]?: z.input<S> }
    : { readonly [key in K]: z.input<S> }
  : unknown;

/** What a route takes: exactly the parts that its row in the table has. */
export type RouteInput<R extends Route> = RouteParts &
  RoutePart<R, 'params'> &
  RoutePart<R, 'query'> &
  RoutePart<R, 'body'>;

type RouteParts = { readonly params?: unknown; readonly query?: unknown; readonly body?: unknown };

export type AnsweringRoute = Route & { readonly answer: z.ZodType };
export type RouteAnswer<R extends AnsweringRoute> = z.output<R['answer']>;

export type CallOptions = {
  /** Makes a creating call safe to repeat; it is then repeated on connection errors. */
  readonly idempotencyKey?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
};

export type Client = {
  readonly url: string;
  call<R extends AnsweringRoute>(
    route: R,
    input: RouteInput<R>,
    options?: CallOptions,
  ): Promise<RouteAnswer<R>>;
  /** For routes that answer nothing. */
  send<R extends Route>(route: R, input: RouteInput<R>, options?: CallOptions): Promise<void>;
};

export type ClientOptions = {
  /** Without a slash at the end. */
  readonly url: string;
  /** Tried in order: the next one when the API refuses one and it cannot be refreshed. */
  readonly credentials?: readonly Credential[];
  /** Keeps a refreshed session. */
  readonly saveSession?: (session: Session) => Promise<void>;
  /** What another process may have kept meanwhile. */
  readonly loadSession?: () => Promise<Session | undefined>;
  /** How long a call that may be repeated is repeated once the API has answered before; ms. */
  readonly patienceMs?: number;
  /** Told once per call that is being repeated, and of a change of credentials. */
  readonly onNote?: (text: string) => void;
  readonly now?: () => number;
};

const TIMEOUT_MS = 35_000;
const PATIENCE_MS = 30_000;
/** An API that has never answered is more likely not running than restarting. */
const FIRST_PATIENCE_MS = 700;

/** A client of the HTTP API, made from its route table. Every answer is parsed; every refusal is a CliError. */
export function createClient(options: ClientOptions): Client {
  const now = options.now ?? Date.now;
  const signer = createSigner(options, now);
  let hasAnswered = false;

  async function request(route: Route, input: RouteParts, call: CallOptions): Promise<unknown> {
    const prepared = prepareRequest(options.url, route, input, call);
    const patienceMs = options.patienceMs ?? PATIENCE_MS;
    async function attempt(): Promise<Response> {
      const authorization = route.access === 'public' ? undefined : await signer.getAuthorization();
      return sendRequest(prepared, {
        authorization,
        isRepeatable: isRepeatable(route, call),
        patienceMs: hasAnswered ? patienceMs : Math.min(patienceMs, FIRST_PATIENCE_MS),
        timeoutMs: call.timeoutMs ?? TIMEOUT_MS,
        signal: call.signal,
        onNote: options.onNote,
        now,
      });
    }
    let response = await attempt();
    hasAnswered = true;
    while (response.status === 401 && route.access !== 'public' && (await signer.handleRefusal())) {
      response = await attempt();
    }
    return readAnswer(options.url, route, response);
  }

  async function call<R extends AnsweringRoute>(
    route: R,
    input: RouteInput<R>,
    how: CallOptions = {},
  ): Promise<RouteAnswer<R>> {
    const answer = await request(route, input, how);
    return parseAnswer<R['answer']>(route.answer, answer, options.url, route.path);
  }

  async function send<R extends Route>(route: R, input: RouteInput<R>, how: CallOptions = {}) {
    await request(route, input, how);
  }

  return { url: options.url, call, send };
}

function isRepeatable(route: Route, call: CallOptions): boolean {
  return route.method !== 'POST' || call.idempotencyKey !== undefined;
}

export type PreparedRequest = {
  readonly baseUrl: string;
  readonly url: string;
  readonly method: Route['method'];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
};

/** Params, query and body are checked before anything is sent: an id with a slash never becomes another path. */
function prepareRequest(
  baseUrl: string,
  route: Route,
  input: RouteParts,
  call: CallOptions,
): PreparedRequest {
  const params = validatePart(route.params, input.params);
  const query = validatePart(route.query, input.query);
  validatePart(route.body, input.body);
  const path = route.path.replace(/\{(\w+)\}/g, (_, name) =>
    encodeURIComponent(String(params[name])),
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value));
  }
  const headers: Record<string, string> = { accept: 'application/json' };
  if (route.body !== undefined) headers['content-type'] = 'application/json';
  if (call.idempotencyKey !== undefined) headers['idempotency-key'] = call.idempotencyKey;
  const suffix = search.size === 0 ? '' : `?${search}`;
  return {
    baseUrl,
    url: `${baseUrl}${path}${suffix}`,
    method: route.method,
    headers,
    body: route.body === undefined ? undefined : JSON.stringify(input.body ?? {}),
  };
}

function validatePart(schema: z.ZodType | undefined, value: unknown): Record<string, unknown> {
  if (schema === undefined) return {};
  const parsed = schema.safeParse(value ?? {});
  if (!parsed.success) throw new CliError(EXIT.usage, 'usage', describeParseError(parsed.error));
  const data = parsed.data;
  return typeof data === 'object' && data !== null ? { ...data } : {};
}

async function readAnswer(url: string, route: Route, response: Response): Promise<unknown> {
  const text = await response.text();
  const body = parseJson(text);
  if (!response.ok) throw createAnswerError(url, response, body);
  if (route.status === 204) return undefined;
  if (body === undefined) throw createForeignAnswerError(url, response);
  return body;
}

function parseAnswer<S extends z.ZodType>(
  schema: S,
  answer: unknown,
  url: string,
  path: string,
): z.output<S> {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new CliError(
    EXIT.failed,
    'contract_mismatch',
    `${url} answered ${path} in a form that this version does not know (${describeParseError(parsed.error)})`,
    { advice: 'use the command line of the version that the server runs' },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Every item of a list route, page after page, at most `most`. */
export async function readAllPages<T>(
  readPage: (
    cursor: string | undefined,
  ) => Promise<{ readonly items: T[]; readonly next?: string | undefined }>,
  most = 20_000,
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await readPage(cursor);
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined && items.length < most);
  return items;
}
