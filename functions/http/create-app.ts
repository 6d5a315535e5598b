import type { Context } from 'hono';
import { Hono } from 'hono';
import { z } from 'zod';
import { AppError } from '../../core/base/app-error.ts';
import type { Route } from '../../core/contract/routes/route.ts';
import type { Clock, Log } from '../../core/port/runtime.ts';
import { createChildLog } from '../log.ts';
import type { CallerChecks } from './admit-caller.ts';
import { admitCaller, findMissingCheck, requireOwnAttempt } from './admit-caller.ts';
import { answerError, createAnswerHeaders } from './answer-error.ts';
import type { AnyActor, Handlers } from './handlers.ts';
import { readBody } from './read-body.ts';
import { createInvalidRequestError, validateInput } from './validate-input.ts';

// Builds an app from the routes of the contract. Every request passes the same steps: the path and the method exist (404, 405), the
// caller has permission (401, 403), path, query and body match their schemas (400, 413, 415). Then the handler runs, and the
// response schema removes fields that the contract does not declare.

/** Data that accompanies a request. The body is raw, because signatures cover the raw bytes. */
export type RequestBindings = {
  readonly requestId: string;
  readonly sourceAddress: string;
  readonly body: Uint8Array;
};

/** Routes, handlers and dependencies of an app. */
export type AppOptions<Routes extends Readonly<Record<string, Route>>, Deps> = {
  readonly routes: Routes;
  readonly handlers: Handlers<Routes, Deps>;
  readonly authorize: CallerChecks;
  /** Creates the dependencies at the first request, so that loading the module creates nothing. */
  readonly deps: () => Deps | Promise<Deps>;
  readonly log: Log;
  readonly clock: Clock;
};

/** App that answers HTTP requests. */
export type HttpApp = Hono<{ readonly Bindings: RequestBindings }>;
type HttpContext = Context<{ readonly Bindings: RequestBindings }>;
type Endpoint = { readonly id: string; readonly route: Route; readonly handle: AnyHandler };
type AnyHandler = (call: Record<string, unknown>) => Promise<unknown>;
type ServeOptions = Pick<AppOptions<Record<string, Route>, unknown>, 'authorize' | 'deps' | 'log'>;

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/;

/** Creates an app; throws if a route needs a check that `authorize` does not provide. */
export function createApp<Routes extends Readonly<Record<string, Route>>, Deps>(
  options: AppOptions<Routes, Deps>,
): HttpApp {
  const app: HttpApp = new Hono<{ readonly Bindings: RequestBindings }>();
  const endpoints = createEndpoints(options);
  for (const endpoint of endpoints) {
    const missing = findMissingCheck(endpoint.route.access, options.authorize);
    if (missing !== undefined)
      throw new Error(
        `route ${endpoint.id} needs the check authorize.${missing}, which the options lack`,
      );
    app.on(endpoint.route.method, toHonoPath(endpoint.route.path), (context) =>
      serveAndLog(context, endpoint, options),
    );
  }
  for (const path of new Set(endpoints.map(({ route }) => route.path)))
    app.all(toHonoPath(path), () => rejectMethod(endpoints, path));
  app.notFound((context) => answerFailure(context, createNoRouteError(), options));
  app.onError((error, context) => answerFailure(context, error, options));
  return app;
}

function createEndpoints<Routes extends Readonly<Record<string, Route>>, Deps>(
  options: AppOptions<Routes, Deps>,
): Endpoint[] {
  return Object.entries(options.routes).map(([id, route]) => {
    // The type of each handler depends on its own route, and TypeScript cannot express that for a list of all handlers.
    const handle = options.handlers[id] as unknown as AnyHandler;
    return { id, route, handle };
  });
}

/** Serves a request and logs its route, status and duration in one line. */
async function serveAndLog<Routes extends Readonly<Record<string, Route>>, Deps>(
  context: HttpContext,
  endpoint: Endpoint,
  options: AppOptions<Routes, Deps>,
): Promise<Response> {
  const { requestId } = context.env;
  const startedAt = options.clock.now();
  const log = createChildLog(options.log, { requestId, route: endpoint.id });
  const response = await serveRequest(context, endpoint, { ...options, log }).catch(
    (error: unknown) => answerFailure(context, error, { ...options, log }),
  );
  log.info('request', { status: response.status, durationMs: options.clock.now() - startedAt });
  return response;
}

async function serveRequest(
  context: HttpContext,
  endpoint: Endpoint,
  options: ServeOptions,
): Promise<Response> {
  const { route } = endpoint;
  const { body: bytes, requestId, sourceAddress } = context.env;
  const header = (name: string) => context.req.header(name);
  const actor = await admitCaller(route.access, { header, body: bytes }, options.authorize);
  const input = readInput(context, route, actor);
  const deps = await options.deps();
  const call = { ...input, actor, deps, log: options.log, requestId, sourceAddress, header };
  const answer = await endpoint.handle(call);
  return createAnswer(endpoint, answer, requestId);
}

function readInput(context: HttpContext, route: Route, actor: AnyActor) {
  const params = validateInput('path', route.params ?? z.object({}), context.req.param());
  requireOwnAttempt(actor, params);
  const query = validateInput('query', (route.query ?? z.object({})).strict(), readQuery(context));
  const json = readBody(route, context.env.body, context.req.header('content-type'));
  const body = validateInput('body', route.body ?? z.object({}).strict(), json);
  return { params, query, body, idempotencyKey: readIdempotencyKey(context, route) };
}

function readQuery(context: HttpContext): unknown {
  const { searchParams } = new URL(context.req.url);
  const names = [...searchParams.keys()];
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined)
    throw createInvalidRequestError([
      { in: 'query', path: repeated, message: 'must not be repeated' },
    ]);
  return Object.fromEntries(searchParams);
}

function readIdempotencyKey(context: HttpContext, route: Route): string | undefined {
  const key = route.idempotent === true ? context.req.header('idempotency-key') : undefined;
  if (key === undefined || IDEMPOTENCY_KEY.test(key)) return key;
  const message = 'must be 1 to 200 visible ASCII characters';
  throw createInvalidRequestError([{ in: 'header', path: 'idempotency-key', message }]);
}

function createAnswer({ id, route }: Endpoint, answer: unknown, requestId: string): Response {
  const headers = createAnswerHeaders(requestId);
  if (route.answer === undefined) return new Response(null, { status: route.status, headers });
  const parsedAnswer = route.answer.safeParse(answer);
  if (parsedAnswer.success)
    return Response.json(parsedAnswer.data, { status: route.status, headers });
  throw new AppError(
    'bug',
    'bad_answer',
    `the response of ${id} does not match its schema in core/contract`,
    {
      cause: parsedAnswer.error,
    },
  );
}

function rejectMethod(endpoints: readonly Endpoint[], path: string): never {
  const allow = endpoints
    .filter(({ route }) => route.path === path)
    .map(({ route }) => route.method)
    .toSorted()
    .join(', ');
  throw new AppError(
    'invalid',
    'method_not_allowed',
    `this path does not support the method; use ${allow}`,
    {
      details: { allow },
    },
  );
}

function createNoRouteError(): AppError {
  return new AppError(
    'notFound',
    'route_not_found',
    'no route has this path; GET /v1/openapi.json lists all routes',
  );
}

function answerFailure(
  context: HttpContext,
  error: unknown,
  options: { readonly log: Log; readonly clock: Clock },
): Response {
  return answerError(error, context.env.requestId, options);
}

/** Converts a path parameter `{name}` of the contract to `:name` of hono. */
function toHonoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}
