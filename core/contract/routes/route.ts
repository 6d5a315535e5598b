import { z } from 'zod';
import type { Role } from '../access.ts';

/**
 * Permission that a caller needs.
 * - `public`     no permission; a test contains the list of all public routes
 * - a role       the role or a higher role, with a session or an API token
 * - `attempt`    the token of the attempt in the path
 * - `signature`  the signature of a webhook
 */
export type RouteAccess = 'public' | Role | 'attempt' | 'signature';

/** Route of the HTTP interface. The server, the CLI client and the OpenAPI document all follow from the routes. */
export type Route = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Path with parameters as `{name}`. */
  readonly path: string;
  readonly access: RouteAccess;
  /** Summary for the OpenAPI document: one line that starts with a verb. */
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly status: 200 | 201 | 202 | 204;
  readonly answer?: z.ZodType;
  /** True if the route honours the header `Idempotency-Key`. */
  readonly idempotent?: boolean;
  /** Maximum size of the body in bytes; default 256 KB. */
  readonly maxBytes?: number;
};

/** Query parameters of a list: the page size, and as `cursor` the value `next` of the previous page. */
export const pageQueryFields = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(2_000).optional(),
};

/** Creates the schema of one page of a list; `next` is absent on the last page. */
export function createListSchema<T extends z.ZodType>(items: T) {
  return z.object({ items: z.array(items), next: z.string().optional() });
}

export const errorBodySchema = z.object({
  error: z.object({
    /** Stable snake_case code; clients may branch on the code. */
    code: z.string(),
    message: z.string(),
    /** Holds `issues: [{ path, message }]` for an invalid request. */
    details: z.record(z.string(), z.unknown()).optional(),
    requestId: z.string(),
  }),
});
/** Body of every HTTP response with an error status. */
export type ErrorBody = z.infer<typeof errorBodySchema>;
