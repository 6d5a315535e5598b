// The one error of the domain. `kind` decides the HTTP status and the retry policy, in functions/edge.ts and nowhere else.

/**
 * - `invalid`   the caller sent something wrong (400)
 * - `auth`      not signed in, or not allowed (401, 403)
 * - `notFound`  (404)
 * - `conflict`  the state does not allow it, or somebody else was first (409)
 * - `limited`   too many or too large (413, 429)
 * - `paused`    an outside system refuses for a while; `until` says when to come back
 * - `refused`   an outside system refuses by a rule, which is named; asking again will not help
 * - `transient` a network fault or a 5xx; asking again may help
 * - `bug`       ours
 */
export type ErrorKind =
  | 'invalid'
  | 'auth'
  | 'notFound'
  | 'conflict'
  | 'limited'
  | 'paused'
  | 'refused'
  | 'transient'
  | 'bug';

export type ErrorDetails = {
  /** Epoch milliseconds before which asking again is useless; kind `paused`, sometimes `limited`. */
  readonly until?: number;
  [name: string]: unknown;
};

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly kind: ErrorKind;
  /** snake_case, stable; clients may branch on it. */
  readonly code: string;
  readonly details: ErrorDetails;

  constructor(
    kind: ErrorKind,
    code: string,
    message: string,
    options: { readonly details?: ErrorDetails; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.code = code;
    this.details = options.details ?? {};
  }
}

export function isAppError(error: unknown, kind?: ErrorKind, code?: string): error is AppError {
  if (!(error instanceof AppError)) return false;
  if (kind !== undefined && error.kind !== kind) return false;
  return code === undefined || error.code === code;
}
