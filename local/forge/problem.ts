/** An answer with a status of 400 and up, in GitHub's words and shape. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, message: string, extra: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.status = status;
    this.body = { message, documentation_url: 'https://docs.github.com/rest', ...extra };
  }
}

export function notFound(): Problem {
  return new Problem(404, 'Not Found', { status: '404' });
}

export function forbidden(message = 'Resource not accessible by integration'): Problem {
  return new Problem(403, message, { status: '403' });
}

/** 422 with GitHub's list of errors. */
export function invalid(
  resource: string,
  error: { readonly field?: string; readonly code?: string; readonly message?: string },
): Problem {
  const entry = { resource, code: 'custom', ...error };
  return new Problem(422, 'Validation Failed', { errors: [entry], status: '422' });
}

/** 422 with only a message, as the git database answers. */
export function unprocessable(message: string): Problem {
  return new Problem(422, message, { status: '422' });
}

export function ruleViolation(message: string): Problem {
  return unprocessable(`Repository rule violations found\n\n${message}\n\n`);
}
