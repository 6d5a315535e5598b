import type { z } from 'zod';
import type { Page } from '../../core/base/list-pages.ts';
import { listPages } from '../../core/base/list-pages.ts';
import { parseJson } from '../../core/base/parse-json.ts';
import type { Route } from '../../core/contract/routes/route.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { createAnswerError, createForeignAnswerError, describeParseError } from './http-error.ts';
import type { RouteParts } from './prepare-request.ts';
import { prepareRequest } from './prepare-request.ts';
import { sendRequest } from './send-request.ts';
import type { SignerOptions } from './signer.ts';
import { createSigner } from './signer.ts';

/** A part of the input of a route; optional if the schema of the part accepts an empty object. */
type RoutePart<R, K extends string> = R extends { readonly [key in K]: infer S extends z.ZodType }
  ? Record<never, unknown> extends z.input<S>
    ? { readonly [key in K]?: z.input<S> }
    : { readonly [key in K]: z.input<S> }
  : unknown;

/** Input of a route: the parts (params, query, body) that the route declares. */
export type RouteInput<R extends Route> = RouteParts &
  RoutePart<R, 'params'> &
  RoutePart<R, 'query'> &
  RoutePart<R, 'body'>;

/** A route that answers with a body. */
export type AnsweringRoute = Route & { readonly answer: z.ZodType };

/** Parsed answer of a route. */
export type RouteAnswer<R extends AnsweringRoute> = z.output<R['answer']>;

/** Options of a single call. */
export type CallOptions = {
  /** Makes a creating call safe to repeat. The client then repeats the call after connection errors. */
  readonly idempotencyKey?: string;
  /** Milliseconds for each try; default 35,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
};

/** Client of the HTTP API. Every answer is parsed; every refusal is a CliError. */
export type Client = {
  readonly url: string;
  call<R extends AnsweringRoute>(
    route: R,
    input: RouteInput<R>,
    options?: CallOptions,
  ): Promise<RouteAnswer<R>>;
  /** Calls a route that answers without a body. */
  send<R extends Route>(route: R, input: RouteInput<R>, options?: CallOptions): Promise<void>;
};

/** Options of a client. */
export type ClientOptions = SignerOptions & {
  /** Milliseconds during which a repeatable call is repeated; default 30,000, but at most 700 until the API has answered once. */
  readonly retryPeriodMs?: number;
  /** Epoch milliseconds; default: the system clock. */
  readonly now?: () => number;
};

const TIMEOUT_MS = 35_000;
const RETRY_PERIOD_MS = 30_000;
/** Retry period before the first answer: an API that has never answered is probably not running. */
const FIRST_RETRY_PERIOD_MS = 700;

/** Creates a client from the route table of the contract. */
export function createClient(options: ClientOptions): Client {
  const now = options.now ?? Date.now;
  const signer = createSigner(options, now);
  let hasAnswered = false;

  async function request(
    route: Route,
    input: RouteParts,
    callOptions: CallOptions,
  ): Promise<unknown> {
    const prepared = prepareRequest(options.url, route, input, callOptions.idempotencyKey);
    const retryPeriodMs = options.retryPeriodMs ?? RETRY_PERIOD_MS;
    async function sendSigned(): Promise<Response> {
      const authorization = route.access === 'public' ? undefined : await signer.getAuthorization();
      return sendRequest(prepared, {
        authorization,
        isRepeatable: isRepeatable(route, callOptions),
        retryPeriodMs: hasAnswered ? retryPeriodMs : Math.min(retryPeriodMs, FIRST_RETRY_PERIOD_MS),
        timeoutMs: callOptions.timeoutMs ?? TIMEOUT_MS,
        signal: callOptions.signal,
        onNote: options.onNote,
        now,
      });
    }
    let response = await sendSigned();
    hasAnswered = true;
    while (response.status === 401 && route.access !== 'public' && (await signer.handleRefusal())) {
      response = await sendSigned();
    }
    return readAnswer(options.url, route, response, now());
  }

  async function call<R extends AnsweringRoute>(
    route: R,
    input: RouteInput<R>,
    callOptions: CallOptions = {},
  ): Promise<RouteAnswer<R>> {
    const answer = await request(route, input, callOptions);
    return parseAnswer<R['answer']>(route.answer, answer, options.url, route.path);
  }

  async function send<R extends Route>(
    route: R,
    input: RouteInput<R>,
    callOptions: CallOptions = {},
  ): Promise<void> {
    await request(route, input, callOptions);
  }

  return { url: options.url, call, send };
}

/** Tells whether a call can be repeated safely. A repeated POST may have a second effect, unless an idempotency key prevents it. */
function isRepeatable(route: Route, callOptions: CallOptions): boolean {
  return route.method !== 'POST' || callOptions.idempotencyKey !== undefined;
}

async function readAnswer(
  url: string,
  route: Route,
  response: Response,
  now: number,
): Promise<unknown> {
  const body = parseJson(await response.text());
  if (!response.ok) throw createAnswerError(url, response, body, now);
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
    `the answer of ${url}${path} has a form that this version of smol-gang does not know (${describeParseError(parsed.error)})`,
    { advice: 'use the same version of smol-gang as the server' },
  );
}

/** Reads the items of a paged list, at most `maxItems`. */
export async function readAllPages<T>(
  readPage: (cursor: string | undefined) => Promise<Page<T>>,
  maxItems = 20_000,
): Promise<T[]> {
  const items: T[] = [];
  for await (const item of listPages(readPage)) {
    items.push(item);
    if (items.length >= maxItems) break;
  }
  return items;
}
