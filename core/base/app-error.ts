/**
 * Kind of an error, which decides the HTTP status and the retry policy (functions/edge.ts).
 * - `invalid`   the request is malformed (400)
 * - `auth`      the caller is not signed in or lacks a permission (401, 403)
 * - `notFound`  the object does not exist (404)
 * - `conflict`  the current state does not allow the request, or another writer was faster (409)
 * - `limited`   the request is too large or too frequent (413, 429)
 * - `paused`    an outside system refuses calls until the time `details.until`
 * - `refused`   an outside system rejects the request because of a rule; a retry does not help
 * - `transient` a network fault or a 5xx response; a retry may help
 * - `bug`       a defect of the platform
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

/** Structured data of an error. */
export type ErrorDetails = {
  /** Earliest useful time for a retry, epoch milliseconds; always present for the kind `paused`. */
  readonly until?: number;
  [name: string]: unknown;
};

/** Expected error of the domain, with a kind and a code. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly kind: ErrorKind;
  /** Stable snake_case code; clients may branch on the code. */
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

/** Returns true for an AppError, optionally only for a given kind and code. */
export function isAppError(error: unknown, kind?: ErrorKind, code?: string): error is AppError {
  if (!(error instanceof AppError)) return false;
  if (kind !== undefined && error.kind !== kind) return false;
  return code === undefined || error.code === code;
}
