import type { z } from 'zod';
import type { Route } from '../../core/contract/route.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { describeParseError } from './http-error.ts';

/** Input of any route, before its schemas have checked the parts. */
export type RouteParts = {
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
};

/** A request that is ready to be sent, also several times. */
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

function validatePart(schema: z.ZodType | undefined, value: unknown): Record<string, unknown> {
  if (schema === undefined) return {};
  const parsed = schema.safeParse(value ?? {});
  if (!parsed.success) throw new CliError(EXIT.usage, 'usage', describeParseError(parsed.error));
  const data = parsed.data;
  return typeof data === 'object' && data !== null ? { ...data } : {};
}
