import { createHmac } from 'node:crypto';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { createGitHubWebhookVerifier } from '../../../adapters/github/webhook/create-github-webhook-verifier.ts';
import type { AccessDeps } from '../../../core/access/access-deps.ts';
import { signAttemptToken, verifyAttemptToken } from '../../../core/access/attempt-token.ts';
import { authenticateUser } from '../../../core/access/authenticate-user.ts';
import { createUser } from '../../../core/access/change-user.ts';
import { openSession } from '../../../core/access/session.ts';
import { AppError } from '../../../core/base/app-error.ts';
import type { Role } from '../../../core/contract/access.ts';
import { ROLES } from '../../../core/contract/access.ts';
import { API, ATTEMPT_API, HOOK_API } from '../../../core/contract/api.ts';
import type { Route } from '../../../core/contract/routes/route.ts';
import { createApp } from '../../../functions/http/create-app.ts';
import { createLambdaHandler } from '../../../functions/http/create-lambda-handler.ts';
import { authHandlers } from '../../../functions/http/handler/auth.ts';
import { metaHandlers } from '../../../functions/http/handler/meta.ts';
import { tokenHandlers } from '../../../functions/http/handler/token.ts';
import { userHandlers } from '../../../functions/http/handler/user.ts';
import type { Call, Handlers } from '../../../functions/http/handlers.ts';
import { createLog } from '../../../functions/log.ts';
import type { MemoryTable } from '../store/memory-table.ts';
import { createMemoryTable } from '../store/memory-table.ts';
import type { HttpInput } from './http-event.ts';
import { createLambdaHttpEvent } from './http-event.ts';
import { createRecordingPush, createTestAccess } from './test-access.ts';

const WEBHOOK_SECRET = 'the secret of webhooks';
export const PASSWORD = 'correct horse battery';
export const GROUPS = { api: API, attempt: ATTEMPT_API, hook: HOOK_API } as const;
/** Name of an API of the contract. */
export type GroupName = keyof typeof GROUPS;

type TestDeps = ReturnType<typeof createTestDeps>;
/** Call that reached a handler. */
export type RecordedCall = Pick<Call<Route, TestDeps>, 'params' | 'query' | 'body'> & {
  readonly id: string;
  readonly actor: unknown;
  readonly idempotencyKey: string | undefined;
};
/** API under test. */
export type TestApi = Awaited<ReturnType<typeof createTestApi>>;

/**
 * Creates the whole API behind Lambda handlers. The handlers for sign-in, tokens, users, health and OpenAPI are real; every other
 * handler records its call and answers 409 `reached`. `recorded.writes` counts the writes after the creation of the users.
 */
export async function createTestApi(replaced: Partial<Handlers<typeof API, TestDeps>> = {}) {
  const recorded = { writes: 0, calls: [] as RecordedCall[], logLines: [] as string[] };
  const table = createMemoryTable({
    beforeEffect: (operation) => {
      if (operation !== 'get' && operation !== 'query' && operation !== 'index')
        recorded.writes += 1;
    },
  });
  const access = createTestAccess(table);
  const deps = createTestDeps(access.deps);
  const log = createLog({
    write: (line) => recorded.logLines.push(line),
    now: access.deps.clock.now,
  });
  const common = { deps: () => deps, log, clock: access.deps.clock };
  const realHandlers = { ...authHandlers, ...metaHandlers, ...tokenHandlers, ...userHandlers };
  const handlers = { ...createRecorders(API, recorded.calls), ...realHandlers, ...replaced };
  const authorizeUser = (bearer: string) => authenticateUser(deps, bearer);
  const authorizeAttempt = (bearer: string) => verifyAttemptToken(deps, bearer);
  const verifySignature = createGitHubWebhookVerifier([WEBHOOK_SECRET]);
  const apps = {
    api: createApp({ ...common, routes: API, handlers, authorize: { user: authorizeUser } }),
    attempt: createApp({
      ...common,
      routes: ATTEMPT_API,
      handlers: createRecorders(ATTEMPT_API, recorded.calls),
      authorize: { attempt: authorizeAttempt },
    }),
    hook: createApp({
      ...common,
      routes: HOOK_API,
      handlers: createRecorders(HOOK_API, recorded.calls),
      authorize: { signature: verifySignature },
    }),
  };
  const sessions = await signInEachRole(deps);
  recorded.writes = 0;
  return {
    deps,
    advanceClock: access.advanceClock,
    recorded,
    sessions,
    attemptToken: (id: string, lifetimeMs = 60_000) =>
      signAttemptToken(deps, id, deps.clock.now() + lifetimeMs),
    async send(group: GroupName, input: HttpInput): Promise<TestAnswer> {
      const event = createLambdaHttpEvent(input);
      const result = await createLambdaHandler(apps[group], common)(event);
      return parseAnswer(result, event.requestContext.requestId);
    },
  };
}

/** HTTP response of the API under test. */
export type TestAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** Parsed body; undefined if the body is not JSON. */
  readonly json: unknown;
  /** Request id of the event. */
  readonly requestId: string;
};

export function signWebhook(body: string | Uint8Array): string {
  return `sha256=${createHmac('sha256', WEBHOOK_SECRET).update(body).digest('hex')}`;
}

export function formatEmail(role: Role): string {
  return `${role}@example.org`;
}

function createTestDeps(access: ReturnType<typeof createTestAccess<MemoryTable>>['deps']) {
  const { push, closed } = createRecordingPush();
  const socketUrl = 'wss://socket.example.org';
  return { ...access, push, closedConnections: closed, version: '1.2.3', socketUrl };
}

/** Creates handlers that record their calls and answer 409 `reached`. */
export function createRecorders<Routes extends Readonly<Record<string, Route>>>(
  routes: Routes,
  calls: RecordedCall[],
): Handlers<Routes, TestDeps> {
  const entries = Object.keys(routes).map((id) => [
    id,
    async (call: Call<Route, TestDeps>) => {
      const { params, query, body, actor, idempotencyKey } = call;
      calls.push({ id, params, query, body, actor, idempotencyKey });
      throw new AppError('conflict', 'reached', `the handler of ${id} was reached`);
    },
  ]);
  return Object.fromEntries(entries);
}

/** Creates a user of each role and returns their session tokens. */
export async function signInEachRole(deps: AccessDeps): Promise<Record<Role, string>> {
  const bearers = await Promise.all(
    ROLES.map(async (role) => {
      const user = await createUser(deps, { email: formatEmail(role), password: PASSWORD, role });
      return [role, (await openSession(deps, user)).accessToken] as const;
    }),
  );
  const [viewer = '', operator = '', admin = ''] = bearers.map(([, bearer]) => bearer);
  return { viewer, operator, admin };
}

export function parseAnswer(
  result: APIGatewayProxyStructuredResultV2,
  requestId: string,
): TestAnswer {
  const { statusCode = 0, headers = {}, body: text = '' } = result;
  return { status: statusCode, headers, text, json: parseJson(text), requestId };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
