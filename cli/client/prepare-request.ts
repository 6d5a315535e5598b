import type { z } from 'zod';
import type { Route } from '../../core/contract/routes/route.ts';
import { createUsageError } from '../cli-error.ts';
import { describeParseError } from './http-error.ts';

/** Input of any route, before its schemas have checked the parts. */
export type RouteParts = {
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
};

/** A complete request, except for the authorization header. */
export type PreparedRequest = {
  /** URL of the platform, for messages. */
  readonly baseUrl: string;
  readonly url: string;
  readonly method: Route['method'];
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text; undefined for a route without a body. */
  readonly body: string | undefined;
};

/**
 * Builds the request of a route. Checks params, query and body against the schemas of the route before anything is sent, so
 * that an id with a slash never becomes another path.
 *
 * @throws CliError with exit code `usage` if a part does not fit its schema
 */
export function prepareRequest(
  baseUrl: string,
  route: Route,
  input: RouteParts,
  idempotencyKey: string | undefined,
): PreparedRequest {
  const params = validateParams(route.params, input.params);
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
  if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
  const suffix = search.size === 0 ? '' : `?${search}`;
  return {
    baseUrl,
    url: `${baseUrl}${path}${suffix}`,
    method: route.method,
    headers,
    body: route.body === undefined ? undefined : JSON.stringify(input.body ?? {}),
  };
}

/** Checks the ids in the path of a route. The message quotes the wrong id, which the user typed. */
function validateParams(schema: z.ZodType | undefined, params: unknown): Record<string, unknown> {
  const issue = schema?.safeParse(params ?? {}).error?.issues[0];
  if (issue === undefined) return validatePart(schema, params);
  const name = issue.path.map(String).join('.');
  const values: Record<string, unknown> =
    typeof params === 'object' && params !== null ? { ...params } : {};
  throw createUsageError(
    `"${String(values[name])}" is not a valid ${name === 'email' ? 'e-mail address' : `${name} id`}: ${issue.message}`,
    ADVICE_BY_PARAM[name],
  );
}

const ADVICE_BY_PARAM: Readonly<Record<string, string>> = {
  email: '`smol-gang user list` lists the users',
  plan: '`smol-gang plan list` lists the plans; `last` stands for the newest plan',
  task: '`smol-gang status PLAN` lists the tasks of a plan',
  repository: '`smol-gang repo list` lists the linked repositories',
  token: '`smol-gang token list` lists the tokens',
};

function validatePart(schema: z.ZodType | undefined, value: unknown): Record<string, unknown> {
  if (schema === undefined) return {};
  const parsed = schema.safeParse(value ?? {});
  if (!parsed.success) throw createUsageError(describeParseError(parsed.error));
  const data = parsed.data;
  return typeof data === 'object' && data !== null ? { ...data } : {};
}
