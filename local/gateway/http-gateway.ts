import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, isAppError } from '../../core/base/app-error.ts';
import { describeError } from '../../core/base/describe-error.ts';
import type { Route } from '../../core/contract/routes/route.ts';
import type { Log } from '../../core/port/runtime.ts';
import type { LambdaFunction, LambdaHandler } from '../lambda-handler.ts';
import { invokeLambda } from '../lambda-handler.ts';
import type { MatchedRoute, RouteKey } from './create-route-finder.ts';
import { createRouteFinder } from './create-route-finder.ts';
import { createHttpEvent, splitUrl } from './http-event.ts';
import { parseHttpResult, sendError, sendResult } from './http-result.ts';
import { discardBody, readBody } from './read-body.ts';

const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** A function of core/topology that answers HTTP requests, together with the handler loaded from its module. */
export type HttpTarget = {
  readonly name: string;
  readonly routes: Readonly<
    Record<string, Pick<Route, 'method' | 'path'> & Partial<Pick<Route, 'access'>>>
  >;
  readonly timeoutSeconds: number;
  readonly handler: LambdaHandler;
};

/** A route with its function; `needsBearer`: the function refuses a request without a bearer token. */
type TargetRoute = RouteKey & { readonly lambda: LambdaFunction; readonly needsBearer: boolean };
type HttpExchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly log: Log;
};

/** Answers an HTTP request; never rejects. */
export type HttpGateway = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Creates a gateway that passes each request to the handler of its route. No handler runs longer than `maxTimeoutMs`. */
export function createHttpGateway(
  targets: readonly HttpTarget[],
  options: { readonly maxTimeoutMs: number; readonly log: Log },
): HttpGateway {
  const findRoute = createRouteFinder(
    targets.flatMap((target) => toRoutes(target, options.maxTimeoutMs)),
  );
  return async (request, response) => {
    const exchange = { request, response, requestId: randomUUID(), log: options.log };
    try {
      const [path] = splitUrl(request.url ?? '/');
      await answerExchange(exchange, findRoute(request.method ?? 'GET', path));
    } catch (error) {
      sendFailure(exchange, error);
    }
  };
}

function toRoutes(target: HttpTarget, maxTimeoutMs: number): TargetRoute[] {
  const timeoutMs = Math.min(target.timeoutSeconds * 1_000, maxTimeoutMs);
  const lambda = { name: target.name, handler: target.handler, timeoutMs };
  return Object.values(target.routes).map(({ method, path, access }) => ({
    method,
    path,
    lambda,
    needsBearer: access !== undefined && access !== 'public' && access !== 'signature',
  }));
}

async function answerExchange(
  exchange: HttpExchange,
  matchedRoute: MatchedRoute<TargetRoute> | 'malformed' | undefined,
): Promise<void> {
  const { request, response, requestId } = exchange;
  const [path] = splitUrl(request.url ?? '/');
  if (matchedRoute === undefined) {
    throw new AppError(
      'notFound',
      'no_route',
      `this server has no route ${request.method} ${path}`,
    );
  }
  if (matchedRoute === 'malformed') {
    throw new AppError('invalid', 'bad_path', 'the path contains invalid percent-encoding');
  }
  const { route, pathParameters } = matchedRoute;
  const hasBearer = /^bearer ./i.test(request.headers.authorization ?? '');
  // A request that the function refuses by its headers needs no body.
  const isRefused = route.needsBearer && !hasBearer;
  if (isRefused) discardBody(request);
  const body = isRefused ? Buffer.alloc(0) : await readBody(request, MAX_BODY_BYTES);
  if (body === undefined) {
    const message = `the request body is larger than ${MAX_BODY_BYTES} bytes`;
    throw new AppError('limited', 'payload_too_large', message);
  }
  const routeKey = `${route.method} ${route.path}`;
  const now = Date.now();
  const event = createHttpEvent({ request, body, routeKey, pathParameters, requestId, now });
  sendResult(response, parseHttpResult(await invokeLambda(route.lambda, event)), requestId);
}

function sendFailure({ request, response, requestId, log }: HttpExchange, error: unknown): void {
  const isAborted = request.destroyed && !request.complete;
  if (isAborted) return;
  const problem = describeProblem(error);
  if (problem.status >= 500) {
    log.error('handler failed', { requestId, path: request.url, error: describeError(error) });
  }
  // Reading the remaining body lets the caller finish sending and receive the response.
  request.resume();
  sendError(response, problem.status, problem, requestId);
}

/** Returns status, code and message of an error. The message of an error that a handler threw is not shown to the caller. */
function describeProblem(error: unknown): {
  readonly status: number;
  readonly code: string;
  readonly message: string;
} {
  if (isAppError(error, 'notFound', 'no_route')) return { status: 404, ...createErrorBody(error) };
  if (isAppError(error, 'invalid', 'bad_path')) return { status: 400, ...createErrorBody(error) };
  if (isAppError(error, 'limited', 'payload_too_large'))
    return { status: 413, ...createErrorBody(error) };
  if (isAppError(error, 'transient', 'function_timeout')) {
    return { status: 503, code: 'timeout', message: 'Service Unavailable' };
  }
  return { status: 500, code: 'internal', message: 'Internal Server Error' };
}

function createErrorBody({ code, message }: AppError) {
  return { code, message };
}
