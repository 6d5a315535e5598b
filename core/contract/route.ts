import type { z } from 'zod';
import type { Role } from './access.ts';

/**
 * Who may call a route.
 * - `public`     nobody is asked; the list of these is tested to be short and known
 * - a role       that role or a higher one, by session or API token
 * - `attempt`    the token of the attempt named in the path
 * - `signature`  a webhook's signature
 */
export type RouteAccess = 'public' | Role | 'attempt' | 'signature';

/** One row of the HTTP interface: the server registers it, the CLI calls it, the OpenAPI document is made of it. */
export type Route = {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `{name}` marks a parameter. */
  readonly path: string;
  readonly access: RouteAccess;
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly status: 200 | 201 | 202 | 204;
  readonly answer?: z.ZodType;
  /** Creates something: honours `Idempotency-Key`. */
  readonly idempotent?: boolean;
  /** Largest body; absent: 256 KB. */
  readonly maxBytes?: number;
};
