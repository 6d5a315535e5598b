import { z } from 'zod';
import { parseJson } from '../../core/base/parse-json.ts';
import { parseRetryAfterMs } from '../../core/base/retry-after.ts';

/** Error of a model endpoint that is unreachable, refuses the request or sends an unusable answer. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  /** HTTP status; undefined for a failed connection or an unusable answer. */
  readonly status: number | undefined;
  /** Wait that the header Retry-After asks for, milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    options: {
      readonly status?: number;
      readonly retryAfterMs?: number;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Whether a retry may succeed. */
  get isTransient(): boolean {
    return this.status === undefined || this.status === 429 || this.status >= 500;
  }

  /** Whether the conversation is too long for the model. Decided by the message, because endpoints have no common error code. */
  get isContextTooLong(): boolean {
    if (this.status !== 400 && this.status !== 413 && this.status !== 422) return false;
    return /context|too long|too large|maximum.{0,40}tokens|prompt is too/i.test(this.message);
  }
}

const errorBodySchema = z.union([
  z.object({ error: z.object({ message: z.string() }) }),
  z.object({ error: z.string() }).transform(({ error }) => ({ error: { message: error } })),
  z.object({ message: z.string() }).transform((body) => ({ error: body })),
]);

/** Converts a response with an error status into a ModelError. */
export async function readModelError(response: Response): Promise<ModelError> {
  const body = (await response.text()).slice(0, 4_000);
  const retryAfterMs = parseRetryAfterMs(response.headers.get('retry-after'), Date.now());
  return new ModelError(
    `the model endpoint answered ${response.status}: ${readErrorMessage(body)}`,
    {
      status: response.status,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  );
}

function readErrorMessage(body: string): string {
  const parsed = errorBodySchema.safeParse(parseJson(body));
  return parsed.success ? parsed.data.error.message : body.slice(0, 500) || '(empty body)';
}
