import { z } from 'zod';

/** The model could not be asked, or answered with nothing usable. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  /** HTTP status; undefined: the connection failed or the answer made no sense. */
  readonly status: number | undefined;
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

  get isTransient(): boolean {
    return this.status === undefined || this.status === 429 || this.status >= 500;
  }

  /** The conversation is longer than the model takes. Endpoints agree on no code for it. */
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

export async function readModelError(response: Response): Promise<ModelError> {
  const body = (await response.text()).slice(0, 4_000);
  const retryAfterMs = parseRetryAfterMs(response.headers.get('retry-after'));
  return new ModelError(
    `the model's endpoint answered ${response.status}: ${readErrorMessage(body)}`,
    {
      status: response.status,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  );
}

function readErrorMessage(body: string): string {
  const parsed = errorBodySchema.safeParse(parseJson(body));
  return parsed.success ? parsed.data.error.message : body.slice(0, 500) || 'without a body';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Seconds or an HTTP date, as milliseconds from now. */
export function parseRetryAfterMs(header: string | null): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
