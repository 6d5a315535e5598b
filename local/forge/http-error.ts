/** An error that becomes an HTTP answer. Body and message have GitHub's format and wording, because clients read both. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, message: string, extra: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.status = status;
    this.body = { message, documentation_url: 'https://docs.github.com/rest', ...extra };
  }
}

export function notFound(): HttpError {
  return new HttpError(404, 'Not Found', { status: '404' });
}

export function forbidden(message = 'Resource not accessible by integration'): HttpError {
  return new HttpError(403, message, { status: '403' });
}

/** Creates an HttpError 422 with GitHub's list of validation errors. `resource` is GitHub's name, such as `PullRequest`. */
export function validationFailed(
  resource: string,
  error: { readonly field?: string; readonly code?: string; readonly message?: string },
): HttpError {
  const entry = { resource, code: 'custom', ...error };
  return new HttpError(422, 'Validation Failed', { errors: [entry], status: '422' });
}

/** Creates an HttpError 422 with a message but no list of errors, as GitHub's routes below `/git` answer. */
export function unprocessable(message: string): HttpError {
  return new HttpError(422, message, { status: '422' });
}

/** Creates the HttpError 422 of a write that a branch rule refuses. */
export function ruleViolation(message: string): HttpError {
  return unprocessable(`Repository rule violations found\n\n${message}\n\n`);
}
